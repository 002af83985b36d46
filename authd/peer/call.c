/* One call as its task sees it: it begins, waits, and has its answer or a reason.  Requests lie in
 * the task's arena; answers are copied when they come and wiped when they were handed over.  Must
 * not know sockets. */
#include "peer/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ct.h"

#define REASON_MAX 200

void call_move(struct call *c, struct call_list *to)
{
    if (c->list != NULL) {
        TAILQ_REMOVE(c->list, c, link);
    }
    c->list = to;
    if (to != NULL) {
        TAILQ_INSERT_TAIL(to, c, link);
    }
}

/* Out of all lists; from now on nobody but its task knows it. */
static void call_leave(struct call *c)
{
    if (!c->counted) {
        return;
    }
    c->counted = false;
    if (c->member != NULL && c->list == &c->member->unsent) {
        c->member->held--; /* it will never hear of it */
    }
    call_move(c, NULL);
    c->peer->in_flight--;
    if (c->member != NULL) {
        c->member->in_flight--;
        member_sent_left(c->member);
        c->member = NULL;
    }
}

void call_finish(struct call *c, enum err status, struct str payload)
{
    char *copy = malloc(payload.n + 1);
    if (copy == NULL) {
        status = ERR_NO_MEMORY;
        payload = STR_NONE;
    } else if (payload.n > 0) {
        memcpy(copy, payload.p, payload.n);
    }
    c->status = status;
    c->answer = str_of(copy, payload.n);
    call_leave(c);
    task_wake(c->task);
}

/* Also runs when the task was ended while it waited. */
static void call_drop(void *arg)
{
    struct call *c = arg;
    call_leave(c);
    if (c->answer.p != NULL) {
        char *answer = (char *)(uintptr_t)c->answer.p;
        ct_wipe(answer, c->answer.n);
        free(answer);
        c->answer = STR_NONE;
    }
}

static struct call *call_begin(struct task *t, struct peer *p, uint16_t op, struct str request)
{
    struct call *c = arena_alloc(t->arena, sizeof *c);
    c->peer = p;
    c->task = t;
    c->request = (struct message){.op = op, .call = ++p->next_call, .payload = request};
    c->counted = true;
    if (p->in_flight++ == 0) {
        p->measured_from_us = p->answered_us = clock_mono_us();
        p->measured = 0;
    }
    arena_defer(t->arena, call_drop, c); /* at once, when memory ends here: it is counted already */
    return c;
}

/* Waits; afterwards the call is in no list. */
static enum err call_wait(struct call *c, struct str *answer)
{
    while (c->list != NULL) {
        enum err e = task_park(c->task, c->peer->name);
        if (e != OK && c->list != NULL) {
            call_drop(c);
            return fail(e, "%s: no answer in time", c->peer->name);
        }
    }
    enum err status = c->status;
    if (status == OK && answer != NULL) {
        *answer = str_dup(c->task->arena, c->answer);
    }
    if (status != OK) {
        char why[REASON_MAX];
        (void)snprintf(why, sizeof why, "%.*s", STR_FMT(c->answer));
        call_drop(c);
        return fail(status, "%s: %s", c->peer->name, why);
    }
    call_drop(c);
    return OK;
}

static enum err check_size(struct str request)
{
    return request.n <= FRAME_MESSAGE_MAX
               ? OK
               : fail(ERR_LIMIT, "peer: a request of %zu bytes", request.n);
}

enum err peer_call(struct task *t, struct peer *p, uint16_t op, struct str request,
                   size_t queue_max, struct str *answer)
{
    TRY(check_size(request));
    if (queue_max != 0 && p->in_flight >= queue_max) {
        return fail(ERR_LIMIT, "%s: %zu calls in flight", p->name, p->in_flight);
    }
    struct call *c = call_begin(t, p, op, request);
    call_assign(c);
    return call_wait(c, answer);
}

enum err peer_call_each(struct task *t, struct peer *p, uint16_t op, const struct str *requests,
                        size_t n, enum err *result, struct str *answers)
{
    struct call **calls = arena_array(t->arena, n, sizeof(struct call *));
    char why[REASON_MAX] = "";
    enum err first = OK;
    for (size_t i = 0; i < n; i++) {
        TRY(check_size(requests[i]));
    }
    for (size_t i = 0; i < n; i++) {
        calls[i] = call_begin(t, p, op, requests[i]);
        call_assign(calls[i]);
    }
    for (size_t i = 0; i < n; i++) {
        result[i] = call_wait(calls[i], &answers[i]);
        if (first == OK && result[i] != OK) {
            first = result[i];
            (void)snprintf(why, sizeof why, "%s", err_reason());
        }
    }
    return first == OK ? OK : fail(first, "%s", why);
}

enum err peer_call_all(struct task *t, struct peer *p, uint16_t op, struct str request)
{
    TRY(check_size(request));
    struct call **calls = arena_array(t->arena, p->n, sizeof(struct call *));
    for (size_t i = 0; i < p->n; i++) {
        calls[i] = call_begin(t, p, op, request);
        calls[i]->pinned = true;
        call_give(calls[i], &p->members[i]);
    }
    enum err first = OK;
    for (size_t i = 0; i < p->n; i++) {
        enum err e = call_wait(calls[i], NULL);
        if (first == OK) {
            first = e;
        }
    }
    return first;
}

enum err peer_call_member(struct task *t, struct peer *p, size_t i, uint16_t op, struct str request,
                          struct str *answer)
{
    TRY(check_size(request));
    if (i >= p->n || p->members[i].fd < 0) {
        return fail(ERR_UNAVAILABLE, "%s: number %zu does not run", p->name, i);
    }
    struct call *c = call_begin(t, p, op, request);
    c->pinned = true;
    call_give(c, &p->members[i]);
    return call_wait(c, answer);
}
