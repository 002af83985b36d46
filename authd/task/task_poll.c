/* The scheduler without stacks, for unit tests and fuzzers: a task runs on the caller's stack, and
 * a park turns the loop until somebody wakes it.  Tasks that start meanwhile nest.  The same
 * interface as task.c; a program links one of the two. */
#include "task/core.h"
#include <setjmp.h>
#include <stdlib.h>

struct task_stack {
    jmp_buf end; /* where task_end goes: up the same stack, never to another */
};

struct stacks {
    struct task_stack *each;
};

static void run(struct task_core *c)
{
    if (setjmp(c->stack->end) == 0) {
        c->fn(&c->task, c->arg);
        c->how = OK;
    }
    c->finished = true;
}

void core_resume(struct task_core *c)
{
    if (c->started) {
        c->state = TASK_RUNNING; /* its park sees this and returns */
        return;
    }
    c->started = true;
    struct task_core *outer = c->loop->current;
    int64_t began = core_run_begin(c);
    run(c);
    core_run_finish(c, began);
    c->loop->current = outer;
    loop_core_give(c);
}

enum err task_start(struct loop *l, const char *label, size_t arena_limit, int64_t deadline_ms,
                    task_fn *fn, void *arg)
{
    struct task_core *c;
    TRY(loop_core_take(l, label, arena_limit, deadline_ms, fn, arg, &c));
    if (l->current != NULL && l->current->state == TASK_RUNNING) {
        loop_ready(l, c);
    } else {
        core_resume(c);
    }
    return OK;
}

enum err core_park_until(struct task *t, const char *doing, int64_t at_ms)
{
    struct task_core *c = core_of(t);
    core_park_begin(c, doing, at_ms);
    loop_finish(c->loop); /* what this task has begun must leave before anybody waits for it */
    while (c->state != TASK_RUNNING) {
        loop_events(c->loop);
        loop_finish(c->loop);
    }
    (void)core_run_begin(c);
    return core_park_finish(c);
}

_Noreturn void task_end(struct task *t, enum err how)
{
    struct task_core *c = core_of(t);
    c->how = how;
    longjmp(c->stack->end, 1);
}

enum err loop_new(size_t stacks, struct loop **out)
{
    struct loop *l = calloc(1, sizeof(*l));
    if (l == NULL) {
        return fail(ERR_NO_MEMORY, "loop");
    }
    enum err e = loop_init(l, stacks);
    if (e != OK) {
        free(l);
        return e;
    }
    l->memory = calloc(1, sizeof(*l->memory));
    if (l->memory != NULL) {
        l->memory->each = calloc(stacks, sizeof(*l->memory->each));
    }
    if (l->memory == NULL || l->memory->each == NULL) {
        loop_free(l);
        return fail(ERR_NO_MEMORY, "loop: %zu tasks", stacks);
    }
    for (size_t i = 0; i < stacks; i++) {
        l->cores[i].stack = &l->memory->each[i];
    }
    *out = l;
    return OK;
}

void loop_free(struct loop *l)
{
    if (l == NULL) {
        return;
    }
    if (l->memory != NULL) {
        free(l->memory->each);
        free(l->memory);
    }
    for (size_t i = 0; i < l->stacks; i++) {
        arena_free(l->cores[i].task.arena);
    }
    loop_done(l);
    free(l);
}

size_t loop_stack_high_water(const struct loop *l)
{
    (void)l;
    return 0;
}
