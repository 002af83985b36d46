/* Serving without a loop: a signer or verifier takes one frame at a time, answers its messages, and
 * looks at its control socket in between.  Must not keep anything of one message for the next. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/ct.h"
#include "log/log.h"
#include "process/inside.h"
#include "process/json_memory.h"

#define FRAME_MESSAGES_MAX 1024
#define SPENT_AFTER 3   /* loads of keys in a row without memory */
#define HOLD_LOOK_MS 20 /* how often a held channel is looked at again */

struct serving {
    struct process *self;
    process_serve_fn *fn;
    void *app;
    struct arena *message; /* memory of the one being served */
    char *reply;           /* FRAME_MAX bytes; the frame being filled lies there */
    struct buf frame;
    struct message later[FRAME_MESSAGES_MAX]; /* the slow ones of a frame */
    int fd;
    bool serves;       /* a message is being served */
    unsigned without;  /* messages of the clerk, in a row, that memory did not suffice for */
    bool spent;        /* a fresh process does better */
    jmp_buf exhausted; /* back to the message */
};

static void exhausted(void *arg)
{
    struct serving *s = arg;
    longjmp(s->exhausted, 1);
}

/* libcrypto that once had no memory may stay broken for good: parts of it are set up only once. The
 * clerk asks every second, and only it is counted: whoever has a web process must not be able to
 * end a signer by asking for what can't be done. */
static void note_breath(struct serving *s, int channel, enum err e)
{
    if (channel == CHANNEL_CLERK) {
        s->without = e == ERR_NO_MEMORY || e == ERR_CRYPTO ? s->without + 1 : 0;
        s->spent = s->spent || s->without >= SPENT_AFTER;
    }
}

/* One message through the process's function.  When memory ends in the middle, the message is
 * refused; what it holds beside the arena is lost, so functions hold nothing across a call that
 * could not be told of it (vault_conn.c). */
static enum err serve_guarded(struct serving *s, int channel, const struct message *m,
                              struct str *answer)
{
    if (setjmp(s->exhausted) != 0) {
        return fail(ERR_NO_MEMORY, "no memory for operation %u", (unsigned)m->op);
    }
    return s->fn(s->message, s->app, channel, m->op, m->payload, answer);
}

static void frame_forget(struct serving *s)
{
    ct_wipe(s->reply, s->frame.n);
    s->frame = buf_over(s->reply, FRAME_MAX);
}

static enum err flush(struct serving *s)
{
    if (s->frame.n == 0) {
        return OK;
    }
    enum err e = frame_send(s->fd, buf_str(&s->frame));
    frame_forget(s);
    return e;
}

static enum err answer_put(struct serving *s, const struct message *m)
{
    if (s->frame.n + FRAME_HEAD + m->payload.n > FRAME_MAX) {
        TRY(flush(s));
    }
    return frame_put(&s->frame, m);
}

/* What it took is given back at once: the next message works in the same memory, which is near. */
static enum err serve_one(struct serving *s, int channel, const struct message *m)
{
    struct str answer = STR("");
    err_clear();
    s->serves = true;
    enum err e = serve_guarded(s, channel, m, &answer);
    s->serves = false;
    note_breath(s, channel, e);
    if (e == OK && answer.n > FRAME_MESSAGE_MAX) {
        e = fail(ERR_LIMIT, "an answer of %zu bytes", answer.n);
    }
    struct message out = {.op = m->op, .status = (uint16_t)e, .call = m->call};
    out.payload = e == OK ? answer : str_from(err_reason());
    e = answer_put(s, &out);
    arena_reset(s->message);
    return e;
}

/* Messages of the frame in order; the slow ones after all others, each answered by itself. */
static enum err serve_frame(struct serving *s, int channel, struct str frame)
{
    size_t n_later = 0;
    struct message m;
    bool broken = false;
    while (frame_next(&frame, &m, &broken)) {
        if (s->self->slow != NULL && n_later < FRAME_MESSAGES_MAX &&
            s->self->slow(m.op, m.payload)) {
            s->later[n_later++] = m;
            continue;
        }
        TRY(serve_one(s, channel, &m));
    }
    if (broken) {
        return fail(ERR_INPUT, "a broken frame");
    }
    TRY(flush(s));
    for (size_t i = 0; i < n_later; i++) {
        TRY(serve_one(s, channel, &s->later[i]));
        TRY(flush(s));
    }
    return OK;
}

/* Whoever sends what can't be taken apart, or does not read its answers, is broken or hijacked: the
 * parent replaces it.  Of one that is gone the parent knows. */
static void tell_cut_off(const struct process *self, const struct served *from)
{
    struct arena *a = arena_new(0);
    if (a == NULL) {
        return;
    }
    struct control_cut_off m = {from->other, from->number, from->life};
    struct buf b = buf_in(a);
    put_control_cut_off(&b, &m);
    (void)!control_send(self->control_fd, CONTROL_CUT_OFF, buf_str(&b), -1);
    arena_free(a);
}

/* A channel that fails is closed; its owner hears of it. */
static void serve_channel(struct serving *s, struct served *from)
{
    struct str frame;
    int fd = from->fd;
    s->fd = fd;
    enum err e = frame_receive(fd, s->self->inside->frame, &frame, NULL);
    if (e == OK && frame.n == 0) {
        return;
    }
    bool received = e == OK;
    if (e == OK) {
        e = serve_frame(s, from->channel, frame);
        ct_wipe(s->self->inside->frame, frame.n); /* passwords and secrets were in it */
    }
    if (e != OK) {
        if (received || e == ERR_INPUT) {
            log_failure(LOG_WARN, PEER_LOST, e, LOG_INT("channel", from->channel));
        }
        close(fd);
        from->fd = -1;
        if (e == ERR_INPUT || e == ERR_TIMEOUT) {
            tell_cut_off(s->self, from);
        }
    }
    frame_forget(s);
}

/* *held: a channel waits. */
static size_t poll_list(struct serving *s, struct pollfd *list, bool *held)
{
    struct process *self = s->self;
    struct process_inside *in = self->inside;
    *held = false;
    list[0] = (struct pollfd){.fd = self->control_fd, .events = POLLIN};
    for (size_t i = 0; i < in->n_served; i++) {
        const struct served *from = &in->served[i];
        bool waits = self->hold != NULL && from->fd >= 0 && self->hold(s->app, from->channel);
        *held |= waits;
        /* -1 is passed over */
        list[i + 1] = (struct pollfd){.fd = waits ? -1 : from->fd, .events = POLLIN};
    }
    return in->n_served + 1;
}

static struct arena *working(void *arg)
{
    return ((struct serving *)arg)->serves ? ((struct serving *)arg)->message : NULL;
}

void process_serve_blocking(struct process *self, process_serve_fn *fn, void *app)
{
    struct process_inside *in = self->inside;
    struct serving s = {.self = self, .fn = fn, .app = app};
    struct pollfd list[SERVED_MAX + 1];
    s.message = arena_new(0);
    s.reply = malloc(FRAME_MAX);
    if (s.message == NULL || s.reply == NULL) {
        bug("serve: no memory");
    }
    s.frame = buf_over(s.reply, FRAME_MAX);
    arena_on_exhausted(s.message, exhausted, &s);
    json_memory_watch(working, &s);
    while (!in->gone && !in->draining && !s.spent) {
        bool held;
        size_t n = poll_list(&s, list, &held);
        if (poll(list, (nfds_t)n, held ? HOLD_LOOK_MS : -1) < 0) {
            if (errno == EINTR) {
                continue;
            }
            bug("serve: poll: %s", strerror(errno));
        }
        if (list[0].revents != 0) {
            while (orders_next(self)) {
            }
            continue; /* channels may have changed */
        }
        for (size_t i = 1; i < n; i++) {
            if (list[i].revents != 0) {
                serve_channel(&s, &in->served[i - 1]);
            }
        }
    }
    if (s.spent) {
        log_event(LOG_ERROR, INTERNAL_ERROR, LOG_Z("err", err_name(ERR_NO_MEMORY)),
                  LOG_Z("reason", "out of memory: ends, so that a fresh process takes over"));
    }
    json_memory_watch(NULL, NULL);
    arena_free(s.message);
    free(s.reply);
}
