/* The deadlines of all tasks that wait: a binary heap, and one timer for the first of them.  Must
 * not run anybody whose deadline has passed: he becomes ready, and the loop lets him run. */
#include "task/core.h"
#include <stdlib.h>
#include "base/clock.h"

static void heap_set(struct loop *l, size_t i, struct task_core *c)
{
    l->deadlines[i] = c;
    c->heap_at = i + 1;
}

static void heap_up(struct loop *l, size_t i, struct task_core *c)
{
    while (i > 0 && l->deadlines[(i - 1) / 2]->wake_at_ms > c->wake_at_ms) {
        heap_set(l, i, l->deadlines[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    heap_set(l, i, c);
}

static void heap_down(struct loop *l, size_t i, struct task_core *c)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= l->n_deadlines) {
            break;
        }
        if (child + 1 < l->n_deadlines &&
            l->deadlines[child + 1]->wake_at_ms < l->deadlines[child]->wake_at_ms) {
            child++;
        }
        if (l->deadlines[child]->wake_at_ms >= c->wake_at_ms) {
            break;
        }
        heap_set(l, i, l->deadlines[child]);
        i = child;
    }
    heap_set(l, i, c);
}

void loop_deadline_add(struct loop *l, struct task_core *c, int64_t at_ms)
{
    c->wake_at_ms = at_ms;
    heap_up(l, l->n_deadlines++, c);
}

void loop_deadline_remove(struct loop *l, struct task_core *c)
{
    if (c->heap_at == 0) {
        return;
    }
    size_t i = c->heap_at - 1;
    c->heap_at = 0;
    struct task_core *last = l->deadlines[--l->n_deadlines];
    if (last == c) {
        return;
    }
    if (i > 0 && l->deadlines[(i - 1) / 2]->wake_at_ms > last->wake_at_ms) {
        heap_up(l, i, last);
    } else {
        heap_down(l, i, last);
    }
}

static void timer_due(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct loop *l = arg;
    int64_t now = clock_mono_ms();
    l->timer_at_ms = 0;
    while (l->n_deadlines > 0 && l->deadlines[0]->wake_at_ms <= now) {
        struct task_core *c = l->deadlines[0];
        loop_deadline_remove(l, c);
        if (c->state == TASK_PARKED) {
            c->timed_out = true;
            loop_ready(l, c);
        }
    }
}

bool deadlines_init(struct loop *l)
{
    l->deadlines = calloc(l->stacks, sizeof(struct task_core *));
    l->timer = evtimer_new(l->base, timer_due, l);
    return l->deadlines != NULL && l->timer != NULL;
}

void deadlines_done(struct loop *l)
{
    if (l->timer != NULL) {
        event_free(l->timer);
    }
    free(l->deadlines);
}

void deadlines_arm(struct loop *l)
{
    int64_t at = l->n_deadlines == 0 ? 0 : l->deadlines[0]->wake_at_ms;
    if (at == l->timer_at_ms) {
        return;
    }
    l->timer_at_ms = at;
    if (at == 0) {
        evtimer_del(l->timer);
        return;
    }
    int64_t left = at - clock_mono_ms();
    if (left < 0) {
        left = 0;
    }
    struct timeval tv = {.tv_sec = left / 1000, .tv_usec = (left % 1000) * 1000};
    evtimer_add(l->timer, &tv);
}
