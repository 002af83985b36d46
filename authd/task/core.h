/* What the files of this folder share: the loop, and tasks as both schedulers (task.c, task_poll.c)
 * see them.  Nobody else includes this. */
#ifndef TASK_CORE_H
#define TASK_CORE_H
#include <stddef.h>
#include "task/task.h"

#define IDS_AT_A_TIME 128
#define SPARE_ARENAS 64
#define SLOW_TURN_MS 20

enum task_state { TASK_FREE, TASK_READY, TASK_RUNNING, TASK_PARKED };

struct task_stack; /* of the scheduler */

struct task_core {
    struct task task; /* what the code of the task sees; task.core points back here */
    struct loop *loop;
    enum task_state state;
    bool woken; /* task_wake came since the last park began */
    bool timed_out;
    bool started;       /* its function has begun */
    bool finished;      /* … and is over */
    int64_t wake_at_ms; /* while parked */
    size_t heap_at;     /* place in the loop's deadlines + 1; 0: not there */
    task_fn *fn;
    void *arg;
    task_ended_fn *ended;
    void *ended_arg;
    enum err how; /* why it ended */
    char id_text[2 * REQUEST_ID_SIZE];
    struct task_core *next; /* in the free list or the ready queue */
    struct task_stack *stack;
};

struct turn_hook {
    void (*fn)(void *arg);
    void *arg;
};

struct loop {
    struct event_base *base;
    struct event *timer; /* one for all deadlines */
    int64_t timer_at_ms; /* what it is set to; 0: not set */
    bool stopped;
    uint64_t turn;
    struct task_core *cores; /* `stacks` of them */
    size_t stacks;
    size_t running;
    struct task_core *free;
    struct task_core *ready_first, **ready_last;
    struct task_core **deadlines; /* binary heap by wake_at_ms */
    size_t n_deadlines;
    struct turn_hook *hooks;
    size_t n_hooks, cap_hooks;
    struct task_core *current;
    uint8_t ids[IDS_AT_A_TIME][REQUEST_ID_SIZE]; /* random, not used yet: n_ids of them */
    size_t n_ids;
    struct arena *spare[SPARE_ARENAS]; /* empty, for the next tasks: n_spare of them */
    size_t n_spare;
    struct stacks *memory; /* of the scheduler */
};

/* loop.c, for the schedulers */
CHECKED enum err loop_init(struct loop *l, size_t stacks);
void loop_done(struct loop *l);
/* A turn in two halves: waits for events and handles them; then lets everybody run who is ready,
 * and does what was asked for at the end of the turn. */
void loop_events(struct loop *l);
void loop_finish(struct loop *l);
void loop_ready(struct loop *l, struct task_core *c);

/* deadlines.c */
bool deadlines_init(struct loop *l); /* false: no memory; deadlines_done frees what there is */
void deadlines_done(struct loop *l);
/* Sets the timer, late and once a turn: most deadlines are never reached. */
void deadlines_arm(struct loop *l);
void loop_deadline_add(struct loop *l, struct task_core *c, int64_t at_ms);
void loop_deadline_remove(struct loop *l, struct task_core *c);

/* core.c.  Takes a free core and prepares its task; ERR_LIMIT, ERR_NO_MEMORY. */
CHECKED enum err loop_core_take(struct loop *l, const char *label, size_t arena_limit,
                                int64_t deadline_ms, task_fn *fn, void *arg,
                                struct task_core **out);
/* Tells `ended`, gives the arena back, makes the core free. */
void loop_core_give(struct task_core *c);
struct task_core *core_of(const struct task *t);
/* Shared first half of task_park: the task is parked and has a deadline. */
void core_park_begin(struct task_core *c, const char *doing, int64_t at_ms);
CHECKED enum err core_park_finish(struct task_core *c);
/* Called by core_resume around the running of a task: request id of the log, slow turns. */
int64_t core_run_begin(struct task_core *c);
void core_run_finish(struct task_core *c, int64_t began_ms);

/* request_id.c: of a task that begins */
void core_id_make(struct task_core *c);

/* spare.c */
struct arena *spare_take(struct loop *l, size_t limit); /* NULL when out of memory */
void spare_give(struct loop *l, struct arena *a);
void spare_free(struct loop *l);

/* The scheduler, for loop.c: lets a ready task run until it parks or ends. */
void core_resume(struct task_core *c);
/* The scheduler, for park.c: stops the calling task until it is woken or until at_ms. */
CHECKED enum err core_park_until(struct task *t, const char *doing, int64_t at_ms);

#endif
