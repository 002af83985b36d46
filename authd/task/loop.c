/* The loop of a process: libevent's base, the deadlines of all tasks on one timer, the queue of
 * tasks that may run, and the end of a turn, where frames and pipelines are flushed.  Must not
 * switch stacks: that is task.c, or task_poll.c in unit tests. */
#include "task/core.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "base/rand.h"
#include "log/log.h"

#define SLOW_TURN_MS 20
#define CPU_READ_MS 5

static void timer_due(evutil_socket_t fd, short what, void *arg);

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
    l->deadlines = calloc(stacks, sizeof(struct task_core *));
    if (l->base == NULL || l->cores == NULL || l->deadlines == NULL) {
        loop_done(l);
        return fail(ERR_NO_MEMORY, "loop: %zu tasks", stacks);
    }
    l->timer = evtimer_new(l->base, timer_due, l);
    if (l->timer == NULL) {
        loop_done(l);
        return fail(ERR_NO_MEMORY, "loop: timer");
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
    if (l->timer != NULL) {
        event_free(l->timer);
    }
    if (l->base != NULL) {
        event_base_free(l->base);
    }
    spare_free(l);
    free(l->cores);
    free(l->deadlines);
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

/* The timer is set late and once a turn: most deadlines are never reached. */
static void timer_set(struct loop *l)
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

void loop_finish(struct loop *l)
{
    do {
        run_ready(l);
        run_hooks(l);
    } while (l->ready_first != NULL);
    timer_set(l);
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

/* Deadlines: a binary heap. */

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

/* Tasks, as far as both schedulers treat them alike. */

struct task_core *core_of(const struct task *t)
{
    return t->core;
}

void loop_ready(struct loop *l, struct task_core *c)
{
    loop_deadline_remove(l, c);
    c->state = TASK_READY;
    c->next = NULL;
    *l->ready_last = c;
    l->ready_last = &c->next;
}

static void arena_is_exhausted(void *arg)
{
    struct task_core *c = arg;
    if (c->state != TASK_RUNNING) {
        bug("task: the arena of %s is used from outside", c->task.label);
    }
    if (!arena_is_over(c->task.arena)) {
        (void)fail(ERR_NO_MEMORY, "task: no memory for %s", c->task.label);
        task_end(&c->task, ERR_NO_MEMORY);
    }
    (void)fail(ERR_LIMIT, "task: %s needs more memory than its route allows", c->task.label);
    task_end(&c->task, ERR_LIMIT);
}

/* libcrypto takes as long for one as for many. */
static void id_take(struct loop *l, uint8_t out[REQUEST_ID_SIZE])
{
    if (l->n_ids == 0) {
        rand_bytes(l->ids, sizeof(l->ids));
        l->n_ids = IDS_AT_A_TIME;
    }
    memcpy(out, l->ids[--l->n_ids], REQUEST_ID_SIZE);
}

void task_id_make(struct task *t, uint8_t out[REQUEST_ID_SIZE])
{
    id_take(core_of(t)->loop, out);
}

struct arena *loop_working(void *loop)
{
    const struct task_core *c = ((const struct loop *)loop)->current;
    return c != NULL && c->state == TASK_RUNNING ? c->task.arena : NULL;
}

/* RFC 9562 §5.7 (version 7): the milliseconds, then what was drawn.  The audit has an index by
 * request, and what is written one after the other is then side by side there. */
static void id_date(uint8_t id[REQUEST_ID_SIZE], int64_t now_ms)
{
    for (size_t i = 0; i < 6; i++) {
        id[i] = (uint8_t)((uint64_t)now_ms >> (40 - 8 * i));
    }
    id[6] = (uint8_t)(0x70 | (id[6] & 0x0f));
    id[8] = (uint8_t)(0x80 | (id[8] & 0x3f));
}

static void id_make(struct task_core *c)
{
    static const char hex[] = "0123456789abcdef";
    id_take(c->loop, c->task.request_uuid);
    id_date(c->task.request_uuid, clock_now_ms());
    for (size_t i = 0; i < REQUEST_ID_SIZE; i++) {
        c->id_text[2 * i] = hex[c->task.request_uuid[i] >> 4];
        c->id_text[2 * i + 1] = hex[c->task.request_uuid[i] & 15];
    }
    c->task.request_id = str_of(c->id_text, sizeof(c->id_text));
}

enum err loop_core_take(struct loop *l, const char *label, size_t arena_limit, int64_t deadline_ms,
                        task_fn *fn, void *arg, struct task_core **out)
{
    struct task_core *c = l->free;
    if (c == NULL) {
        return fail(ERR_LIMIT, "task: all %zu stacks are in use", l->stacks);
    }
    struct arena *arena = spare_take(l, arena_limit);
    if (arena == NULL) {
        return fail(ERR_NO_MEMORY, "task: arena");
    }
    l->free = c->next;
    l->running++;
    *c = (struct task_core){.loop = l, .fn = fn, .arg = arg, .stack = c->stack};
    c->task.core = c;
    c->task.arena = arena;
    c->task.started_ms = clock_mono_ms();
    c->task.deadline_ms = c->task.started_ms + deadline_ms;
    c->task.label = label;
    c->task.doing = "";
    id_make(c);
    arena_on_exhausted(arena, arena_is_exhausted, c);
    *out = c;
    return OK;
}

int64_t core_run_begin(struct task_core *c)
{
    c->loop->current = c;
    c->state = TASK_RUNNING;
    log_request_set(c->task.request_id);
    return clock_mono_ms();
}

void core_run_finish(struct task_core *c, int64_t began_ms)
{
    int64_t took = clock_mono_ms() - began_ms;
    if (took > SLOW_TURN_MS) {
        log_event(LOG_WARN, TASK_SLOW_TURN, LOG_Z("task", c->task.label), LOG_INT("ms", took));
    }
    log_request_set(STR_NONE);
    c->loop->current = NULL;
}

void loop_core_give(struct task_core *c)
{
    struct loop *l = c->loop;
    arena_on_exhausted(c->task.arena, NULL, NULL);
    if (c->ended != NULL) {
        log_request_set(c->task.request_id);
        c->ended(&c->task, c->ended_arg, c->how);
        log_request_set(STR_NONE);
    }
    spare_give(l, c->task.arena);
    loop_deadline_remove(l, c);
    c->task.arena = NULL;
    c->state = TASK_FREE;
    c->next = l->free;
    l->free = c;
    l->running--;
}

void task_on_end(struct task *t, task_ended_fn *ended, void *arg)
{
    core_of(t)->ended = ended;
    core_of(t)->ended_arg = arg;
}

void core_park_begin(struct task_core *c, const char *doing, int64_t at_ms)
{
    c->task.doing = doing;
    c->timed_out = false;
    c->woken = false;
    c->state = TASK_PARKED;
    loop_deadline_add(c->loop, c, at_ms);
}

enum err core_park_finish(struct task_core *c)
{
    const char *doing = c->task.doing;
    c->task.doing = "";
    if (c->timed_out && !c->woken) {
        return fail(ERR_TIMEOUT, "task: %s: the deadline passed while waiting for %s",
                    c->task.label, doing);
    }
    return OK;
}

void task_wake(struct task *t)
{
    struct task_core *c = core_of(t);
    if (c->state == TASK_PARKED) {
        c->woken = true;
        loop_ready(c->loop, c);
    } else if (c->state == TASK_READY) {
        c->woken = true; /* its deadline passed in the same turn: the answer wins */
    }
}

int64_t task_time_left_ms(const struct task *t)
{
    int64_t left = t->deadline_ms - clock_mono_ms();
    return left > 0 ? left : 0;
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
