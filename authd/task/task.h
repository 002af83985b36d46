/* Tasks: one small stack per piece of work in progress, one event loop per process, no threads.
 *
 * Code that runs in a task is straight C and may stop only in functions that take a struct task *;
 * when such a call returns, the world may have changed.  Only task.c switches stacks.  The stop
 * itself is task_park / task_wake: a waiter registers somewhere (a pipelined connection, a peer's
 * call table), parks, and is woken by the event handler, which runs on the loop's own stack.
 *
 * The same interface is implemented by task_poll.c on plain poll(2) for unit tests and fuzzers: a
 * park there turns the loop until somebody wakes the task. */
#ifndef TASK_TASK_H
#define TASK_TASK_H
#include <event2/event.h>
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define TASK_STACK_SIZE ((size_t)256 * 1024)
#define TASK_STACK_SIZE_ASAN ((size_t)1024 * 1024)
#define REQUEST_ID_SIZE 16

struct task {
    struct arena *arena;
    int64_t deadline_ms;   /* monotonic; every wait obeys it */
    struct str request_id; /* 32 hex digits: the time and 74 random bits (RFC 9562 version 7); also
                              the id written to the audit */
    uint8_t request_uuid[REQUEST_ID_SIZE];
    const char *doing;      /* literal: what it waits for now, "pg: code_redeem", or "" */
    int64_t started_ms;     /* monotonic */
    const char *label;      /* literal: what it is, "POST /token" */
    struct task_core *core; /* private to task.c */
};

struct loop;
typedef void task_fn(struct task *t, void *arg);

/* One per process: libevent base and a pool of `stacks` stacks with guard pages, mapped now. */
CHECKED enum err loop_new(size_t stacks, struct loop **out);
void loop_free(struct loop *l);
struct event_base *loop_base(struct loop *l);
/* Runs until loop_stop; warns (TASK_SLOW_TURN) when one turn takes over 20 ms. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
/* Counts turns: what two events have in common is that they belong to the same one. */
uint64_t loop_turn(const struct loop *l);
/* Calls fn once at the end of the present turn, before the loop sleeps: where frames and pipelines
 * are flushed, so that one write carries everything of the turn. */
void loop_at_turn_end(struct loop *l, void (*fn)(void *arg), void *arg);

/* Starts fn(t, arg) on a free stack, at once (from inside another task: later in this turn).
 * ERR_LIMIT when no stack is free: answer 503. arena_limit: bytes the task may allocate.
 * deadline_ms: milliseconds from now. */
CHECKED enum err task_start(struct loop *l, const char *label, size_t arena_limit,
                            int64_t deadline_ms, task_fn *fn, void *arg);
/* Stops the calling task until task_wake or its deadline.  OK when woken; ERR_TIMEOUT otherwise,
 * and then the caller must take its registration back before returning. */
CHECKED enum err task_park(struct task *t, const char *doing);
/* Lets a parked task run again, later in this turn.  Harmless for one that is not parked. */
void task_wake(struct task *t);
/* Waits at least ms milliseconds, or until the deadline (ERR_TIMEOUT). */
CHECKED enum err task_sleep(struct task *t, int64_t ms);
/* Ends the calling task from anywhere: its arena is freed, `ended` is told `how`.  This is also
 * what happens, with ERR_LIMIT, when its arena is exhausted.  What the task holds elsewhere must be
 * given back by arena_defer. */
_Noreturn void task_end(struct task *t, enum err how);
/* The arena of the task that runs now on this loop (struct loop *); NULL: none does. */
struct arena *loop_working(void *loop);
/* Who wants to know that the task ended: called once on the loop's stack, before the arena is
 * freed. how: OK when the task's function returned. */
typedef void task_ended_fn(struct task *t, void *arg, enum err how);
void task_on_end(struct task *t, task_ended_fn *ended, void *arg);
/* Random bytes that nobody has had before: for an id, never for a secret, because they were drawn
 * with others and lay in memory. */
void task_id_make(struct task *t, uint8_t out[REQUEST_ID_SIZE]);
int64_t task_time_left_ms(const struct task *t);
/* Visits every task of the process, for `authctl tasks`. */
void loop_tasks_each(struct loop *l, void (*visit)(const struct task *t, void *arg), void *arg);
size_t loop_tasks_running(const struct loop *l);
size_t loop_stacks(const struct loop *l);
size_t loop_stack_high_water(const struct loop *l); /* bytes, deepest seen */

#endif
