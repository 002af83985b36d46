/* The members of a group: their channels, who gets which call, one frame a turn, and what becomes
 * of calls when a member is lost.  Nothing here blocks: a full socket is waited for with an event,
 * because the other side may be waiting for us to read its answers. */
#include "peer/inside.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ct.h"
#include "log/log.h"

#define LOSSES_MAX 2 /* the second loss of a channel ends the call */
#define MEASURE_US 100000
#define SILENCE_WEIGHT 4
#define MEASURE_ANSWERS 4

enum err peer_new(struct loop *l, const char *name, size_t members, struct peer **out)
{
    struct peer *p = calloc(1, sizeof *p + members * sizeof p->members[0]);
    void *received = malloc(FRAME_MAX);
    struct arena *frame = arena_new(0);
    if (p == NULL || received == NULL || frame == NULL) {
        free(p);
        free(received);
        arena_free(frame);
        return fail(ERR_NO_MEMORY, "peer: no memory");
    }
    p->loop = l;
    p->name = name;
    p->received = received;
    p->frame = frame;
    p->n = members;
    TAILQ_INIT(&p->waiting);
    for (size_t i = 0; i < members; i++) {
        p->members[i].peer = p;
        p->members[i].fd = -1;
        TAILQ_INIT(&p->members[i].unsent);
        TAILQ_INIT(&p->members[i].sent);
    }
    *out = p;
    return OK;
}

static void member_close(struct member *m)
{
    event_free(m->readable);
    event_free(m->writable);
    m->readable = m->writable = NULL;
    close(m->fd);
    m->fd = -1;
}

void peer_free(struct peer *p)
{
    if (p == NULL) {
        return;
    }
    for (size_t i = 0; i < p->n; i++) {
        if (p->members[i].fd >= 0) {
            member_close(&p->members[i]);
        }
    }
    arena_free(p->frame);
    free(p->received);
    free(p);
}

static void member_flush(void *arg);

void call_give(struct call *c, struct member *m)
{
    if (c->member != NULL) {
        c->member->in_flight--;
    }
    c->member = m;
    m->in_flight++;
    m->held++;
    call_move(c, &m->unsent);
    if (m->fd >= 0) {
        loop_at_turn_end(c->peer->loop, member_flush, m);
    }
}

/* Has it died without our loop having heard of it yet? */
static bool is_hung_up(const struct member *m)
{
    struct pollfd look = {.fd = m->fd, .events = POLLIN};
    return poll(&look, 1, 0) == 1 && (look.revents & (POLLHUP | POLLERR)) != 0;
}

static bool member_has_room(const struct member *m)
{
    return m->peer->window == 0 || m->held < m->peer->window;
}

static void member_fill(struct member *m)
{
    struct call *c;
    while (m->fd >= 0 && member_has_room(m) && (c = TAILQ_FIRST(&m->peer->waiting)) != NULL) {
        call_give(c, m);
    }
}

/* A call that was lost once looks twice: when all members die together, it must wait for a new one,
 * not be lost again. */
static bool can_take(const struct member *m, const struct call *c)
{
    return m->fd >= 0 && member_has_room(m) && (c->losses == 0 || !is_hung_up(m));
}

/* The living member with least in flight, or who had the last call while it is hardly busier. */
static struct member *member_choose(struct peer *p, const struct call *c)
{
    struct member *best = NULL;
    for (size_t i = 0; i < p->n; i++) {
        struct member *m = &p->members[(p->turn + i) % p->n];
        if (can_take(m, c) && (best == NULL || m->in_flight < best->in_flight)) {
            best = m;
        }
    }
    struct member *last = &p->members[(p->turn + p->n - 1) % p->n];
    bool stays = best != NULL && last->in_flight < best->in_flight + p->gather && can_take(last, c);
    return stays ? last : best;
}

void call_assign(struct call *c)
{
    struct peer *p = c->peer;
    struct member *best = member_choose(p, c);
    if (best != NULL) {
        p->turn = (size_t)(best - p->members) + 1; /* who is equally busy takes turns */
        call_give(c, best);
        return;
    }
    if (c->member != NULL) {
        c->member->in_flight--;
        c->member = NULL;
    }
    call_move(c, &p->waiting);
}

/* The other side is gone: what was sent is repeated once, what was not goes elsewhere. */
static void member_lose(struct member *m)
{
    log_failure(LOG_WARN, PEER_LOST, ERR_UNAVAILABLE, LOG_Z("peer", m->peer->name),
                LOG_INT("member", m - m->peer->members), LOG_INT("in_flight", m->in_flight));
    member_close(m);
    m->held = 0;
    struct call_list moving = TAILQ_HEAD_INITIALIZER(moving);
    struct call *c;
    while ((c = TAILQ_FIRST(&m->sent)) != NULL) {
        if (++c->losses >= LOSSES_MAX) {
            call_finish(c, ERR_UNAVAILABLE, STR("lost twice"));
        } else {
            call_move(c, &moving);
        }
    }
    while ((c = TAILQ_FIRST(&m->unsent)) != NULL) {
        call_move(c, &moving);
    }
    while ((c = TAILQ_FIRST(&moving)) != NULL) {
        if (c->pinned) {
            m->held++;
            call_move(c, &m->unsent);
        } else {
            call_assign(c);
        }
    }
}

/* One frame of as many unsent calls as fit.  *last: the last of them. */
static struct str frame_build(struct member *m, struct call **last)
{
    struct buf b = buf_in(m->peer->frame);
    struct call *c;
    *last = NULL;
    TAILQ_FOREACH (c, &m->unsent, link) {
        if (b.n + FRAME_HEAD + c->request.payload.n > FRAME_MAX) {
            break;
        }
        if (frame_put(&b, &c->request) != OK) {
            bug("peer: a request that was checked does not fit");
        }
        *last = c;
    }
    return buf_str(&b);
}

/* Who is gathered for waits while the frame before is being answered: the member could not begin
 * before that either, and then all that came meanwhile goes at once. */
static bool is_gathering(const struct member *m)
{
    return m->peer->gather > 0 && !TAILQ_EMPTY(&m->sent);
}

static void member_flush(void *arg)
{
    struct member *m = arg;
    while (m->fd >= 0 && !TAILQ_EMPTY(&m->unsent) && !is_gathering(m)) {
        struct call *last, *c;
        bool sent = false;
        enum err e = frame_try_send(m->fd, frame_build(m, &last), &sent);
        arena_reset(m->peer->frame);
        if (e != OK) {
            member_lose(m);
            return;
        }
        if (!sent) {
            event_add(m->writable, NULL);
            return;
        }
        do {
            c = TAILQ_FIRST(&m->unsent);
            call_move(c, &m->sent);
        } while (c != last);
    }
}

void member_sent_left(struct member *m)
{
    if (m->fd >= 0 && !TAILQ_EMPTY(&m->unsent) && !is_gathering(m)) {
        loop_at_turn_end(m->peer->loop, member_flush, m);
    }
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    member_flush(arg);
}

static struct call *call_find(struct member *m, const struct message *answer)
{
    struct call *c;
    TAILQ_FOREACH (c, &m->sent, link) {
        if (c->request.call == answer->call && c->request.op == answer->op) {
            return c;
        }
    }
    return NULL; /* its task did not wait any longer */
}

/* Only while calls are in flight all the time, and of several: idleness and the time one call took
 * say nothing about speed.  Only what is faster than was believed is believed as soon as nothing is
 * in flight; else a bad moment would count for as long as no queue forms again.  The answers of one
 * frame count together: they came at one moment. */
static void answers_measure(struct peer *p, size_t answers)
{
    int64_t now = clock_mono_us();
    if (answers == 0) {
        return;
    }
    p->measured += answers;
    p->answered_us = now;
    int64_t spent = now - p->measured_from_us;
    int64_t each = spent / (int64_t)p->measured;
    bool whole = spent >= MEASURE_US && p->measured >= MEASURE_ANSWERS;
    if (!whole && (p->in_flight > 0 || each >= p->per_call_us)) {
        return;
    }
    int64_t smooth = (3 * p->per_call_us + each) / 4;
    p->per_call_us = each > smooth ? each : smooth; /* slower at once, faster with time */
    p->measured_from_us = now;
    p->measured = 0;
}

/* One frame a turn: what a second one brings, epoll tells, and asking for it costs a system call
 * that nearly always says no. */
static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct member *m = arg;
    (void)fd;
    (void)what;
    struct str frame, rest;
    struct message answer;
    bool broken = false;
    size_t answers = 0;
    if (frame_receive(m->fd, m->peer->received, &frame, NULL) != OK) {
        member_lose(m);
        return;
    }
    if (frame.n == 0) {
        return;
    }
    rest = frame;
    while (frame_next(&rest, &answer, &broken)) {
        m->held -= m->held > 0;
        answers++;
        struct call *c = call_find(m, &answer);
        if (c != NULL) {
            call_finish(c, answer.status < ERR_COUNT ? (enum err)answer.status : ERR_INTERNAL,
                        answer.payload);
        }
    }
    ct_wipe(m->peer->received, frame.n);
    answers_measure(m->peer, answers);
    member_fill(m);
    if (broken) {
        (void)fail(ERR_INPUT, "peer: a broken frame");
        member_lose(m);
    }
}

void peer_channel(struct peer *p, size_t i, int fd)
{
    if (i >= p->n) {
        bug("peer: %s has no member %zu", p->name, i);
    }
    struct member *m = &p->members[i];
    if (m->fd >= 0) {
        (void)fail(ERR_UNAVAILABLE, "peer: a new channel came");
        member_lose(m);
    }
    m->fd = fd;
    m->readable = event_new(loop_base(p->loop), fd, EV_READ | EV_PERSIST, on_readable, m);
    m->writable = event_new(loop_base(p->loop), fd, EV_WRITE, on_writable, m);
    if (m->readable == NULL || m->writable == NULL || event_add(m->readable, NULL) != 0) {
        bug("peer: no memory for a channel");
    }
    member_fill(m);
    loop_at_turn_end(p->loop, member_flush, m);
}

void peer_gather(struct peer *p, size_t n, size_t first)
{
    p->gather = n;
    p->turn = first % p->n + 1;
}

void peer_window(struct peer *p, size_t n)
{
    p->window = n;
}

int64_t peer_wait_ms(const struct peer *p)
{
    if (p->in_flight == 0) {
        return 0;
    }
    int64_t queue_us = (int64_t)p->in_flight * p->per_call_us;
    /* silence may be an accident, a queue is none */
    int64_t silence_us = (clock_mono_us() - p->answered_us) / SILENCE_WEIGHT;
    return (queue_us > silence_us ? queue_us : silence_us) / 1000;
}

size_t peer_members(const struct peer *p)
{
    return p->n;
}

size_t peer_in_flight(const struct peer *p)
{
    return p->in_flight;
}
