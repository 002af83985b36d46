/* The loop of a process: libevent's base, the queue of tasks that may run, and the end of a turn,
 * where frames and pipelines are flushed.  Must not switch stacks: that is task.c, or task_poll.c
 * in unit tests. */
#include "task/core.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "log/log.h"

#define CPU_READ_MS 5

enum err loop_init(struct loop *l, size_t stacks)
{
    *l = (struct loop){.stacks = stacks};
    l->ready_last = &l->ready_first;
    struct event_config *wanted = event_config_new();
    if (wanted != NULL) {
        event_config_set_flag(wanted, EVENT_BASE_FLAG_NOLOCK);
        l->base = event_base_new_with_config(wanted);
        event_config_free(wanted);
    }
    l->cores = calloc(stacks, sizeof(*l->cores));
    if (l->base == NULL || l->cores == NULL || !deadlines_init(l)) {
        loop_done(l);
        return fail(ERR_NO_MEMORY, "loop: %zu tasks", stacks);
    }
    for (size_t i = stacks; i-- > 0;) {
        struct task_core *c = &l->cores[i];
        c->loop = l;
        c->task.core = c;
        c->next = l->free;
        l->free = c;
    }
    return OK;
}

void loop_done(struct loop *l)
{
    deadlines_done(l);
    if (l->base != NULL) {
        event_base_free(l->base);
    }
    spare_free(l);
    free(l->cores);
    free(l->hooks);
    *l = (struct loop){0};
}

struct event_base *loop_base(struct loop *l)
{
    return l->base;
}

void loop_stop(struct loop *l)
{
    l->stopped = true;
    event_base_loopbreak(l->base);
}

void loop_at_turn_end(struct loop *l, void (*fn)(void *arg), void *arg)
{
    for (size_t i = 0; i < l->n_hooks; i++) {
        if (l->hooks[i].fn == fn && l->hooks[i].arg == arg) {
            return;
        }
    }
    if (l->n_hooks == l->cap_hooks) {
        size_t cap = l->cap_hooks == 0 ? 16 : l->cap_hooks * 2;
        struct turn_hook *more = realloc(l->hooks, cap * sizeof(*more));
        if (more == NULL) {
            bug("loop: no memory for the end of a turn");
        }
        l->hooks = more;
        l->cap_hooks = cap;
    }
    l->hooks[l->n_hooks++] = (struct turn_hook){fn, arg};
}

/* Hooks may register hooks, and in task_poll.c one may even turn the loop: each leaves the list
 * first. */
static void run_hooks(struct loop *l)
{
    while (l->n_hooks > 0) {
        struct turn_hook hook = l->hooks[0];
        l->n_hooks--;
        memmove(l->hooks, l->hooks + 1, l->n_hooks * sizeof(*l->hooks));
        hook.fn(hook.arg);
    }
}

void loop_ready(struct loop *l, struct task_core *c)
{
    loop_deadline_remove(l, c);
    c->state = TASK_READY;
    c->next = NULL;
    *l->ready_last = c;
    l->ready_last = &c->next;
}

static void run_ready(struct loop *l)
{
    while (l->ready_first != NULL) {
        struct task_core *c = l->ready_first;
        l->ready_first = c->next;
        if (l->ready_first == NULL) {
            l->ready_last = &l->ready_first;
        }
        c->next = NULL;
        core_resume(c);
    }
}

static int64_t cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Processor time, because the real time of a turn includes its sleep.  It is a system call, so it
 * is read anew only when the last reading is older than CPU_READ_MS, and of a turn that was long by
 * the real clock; a turn may seem that much slower than it was. */
struct stopwatch {
    int64_t turn_ms;         /* real time when the turn began */
    int64_t read_ms, cpu_ms; /* the last reading, not later than that */
};

static void stopwatch_begin(struct stopwatch *w)
{
    w->turn_ms = clock_mono_ms();
    if (w->turn_ms - w->read_ms >= CPU_READ_MS) {
        w->read_ms = w->turn_ms;
        w->cpu_ms = cpu_ms();
    }
}

static void stopwatch_warn(const struct stopwatch *w)
{
    if (clock_mono_ms() - w->turn_ms <= SLOW_TURN_MS) {
        return;
    }
    int64_t took = cpu_ms() - w->cpu_ms;
    if (took > SLOW_TURN_MS + CPU_READ_MS) {
        log_event(LOG_WARN, TASK_SLOW_TURN, LOG_INT("cpu_ms", took));
    }
}

void loop_finish(struct loop *l)
{
    do {
        run_ready(l);
        run_hooks(l);
    } while (l->ready_first != NULL);
    deadlines_arm(l);
}

uint64_t loop_turn(const struct loop *l)
{
    return l->turn;
}

void loop_events(struct loop *l)
{
    l->turn++;
    event_base_loop(l->base, EVLOOP_ONCE);
}

void loop_run(struct loop *l)
{
    struct stopwatch watch = {0};
    l->stopped = false;
    loop_finish(l); /* what was begun outside of any turn */
    while (!l->stopped) {
        stopwatch_begin(&watch);
        loop_events(l);
        loop_finish(l);
        stopwatch_warn(&watch);
    }
}

void loop_tasks_each(struct loop *l, void (*visit)(const struct task *t, void *arg), void *arg)
{
    for (size_t i = 0; i < l->stacks; i++) {
        if (l->cores[i].state != TASK_FREE) {
            visit(&l->cores[i].task, arg);
        }
    }
}

size_t loop_tasks_running(const struct loop *l)
{
    return l->running;
}

size_t loop_stacks(const struct loop *l)
{
    return l->stacks;
}
