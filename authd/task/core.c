/* A task from the moment it is taken until it is given back, as far as both schedulers treat it
 * alike.  Must not switch stacks, and must not know when anybody runs. */
#include "task/core.h"
#include "base/clock.h"
#include "log/log.h"

struct task_core *core_of(const struct task *t)
{
    return t->core;
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
    core_id_make(c);
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

struct arena *loop_working(void *loop)
{
    const struct task_core *c = ((const struct loop *)loop)->current;
    return c != NULL && c->state == TASK_RUNNING ? c->task.arena : NULL;
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
