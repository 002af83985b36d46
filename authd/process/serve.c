/* Serving without a loop: a signer or verifier takes one frame at a time, answers its messages, and
 * looks at its control socket in between.  Must not keep anything of one message for the next. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/ct.h"
#include "log/log.h"
#include "process/inside.h"

#define FRAME_MESSAGES_MAX 1024
#define HOLD_LOOK_MS 20 /* how often a held channel is looked at again */

struct serving {
    struct process *self;
    process_serve_fn *fn;
    void *app;
    struct arena *messages; /* requests and answers of one frame */
    struct arena *reply;    /* the frame being filled */
    struct buf frame;
    int fd;
};

static enum err flush(struct serving *s)
{
    if (s->frame.n == 0) {
        return OK;
    }
    enum err e = frame_send(s->fd, buf_str(&s->frame));
    arena_reset(s->reply);
    s->frame = buf_in(s->reply);
    return e;
}

static enum err answer_put(struct serving *s, const struct message *m)
{
    if (s->frame.n + FRAME_HEAD + m->payload.n > FRAME_MAX) {
        TRY(flush(s));
    }
    return frame_put(&s->frame, m);
}

static enum err serve_one(struct serving *s, int channel, const struct message *m)
{
    struct str answer = STR("");
    err_clear();
    enum err e = s->fn(s->messages, s->app, channel, m->op, m->payload, &answer);
    if (e == OK && answer.n > FRAME_MESSAGE_MAX) {
        e = fail(ERR_LIMIT, "an answer of %zu bytes", answer.n);
    }
    struct message out = {.op = m->op, .status = (uint16_t)e, .call = m->call};
    out.payload = e == OK ? answer : str_from(err_reason());
    return answer_put(s, &out);
}

/* Messages of the frame in order; the slow ones after all others, each answered by itself. */
static enum err serve_frame(struct serving *s, int channel, struct str frame)
{
    struct message *later = arena_array(s->messages, FRAME_MESSAGES_MAX, sizeof(*later));
    size_t n_later = 0;
    struct message m;
    bool broken = false;
    while (frame_next(&frame, &m, &broken)) {
        if (s->self->slow != NULL && n_later < FRAME_MESSAGES_MAX &&
            s->self->slow(m.op, m.payload)) {
            later[n_later++] = m;
            continue;
        }
        TRY(serve_one(s, channel, &m));
    }
    if (broken) {
        return fail(ERR_INPUT, "a broken frame");
    }
    TRY(flush(s));
    for (size_t i = 0; i < n_later; i++) {
        TRY(serve_one(s, channel, &later[i]));
        TRY(flush(s));
    }
    return OK;
}

/* A channel that fails is closed; its owner hears of it and gets another from the parent. */
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
        if (received) {
            log_failure(LOG_WARN, PEER_LOST, e, LOG_INT("channel", from->channel));
        }
        close(fd);
        from->fd = -1;
    }
    arena_reset(s->messages);
    arena_reset(s->reply);
    s->frame = buf_in(s->reply);
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

void process_serve_blocking(struct process *self, process_serve_fn *fn, void *app)
{
    struct process_inside *in = self->inside;
    struct serving s = {.self = self, .fn = fn, .app = app};
    struct pollfd list[SERVED_MAX + 1];
    s.messages = arena_new(0);
    s.reply = arena_new(0);
    if (s.messages == NULL || s.reply == NULL) {
        bug("serve: no memory");
    }
    s.frame = buf_in(s.reply);
    while (!in->gone && !in->draining) {
        bool held;
        size_t n = poll_list(&s, list, &held);
        if (poll(list, (nfds_t)n, held ? HOLD_LOOK_MS : -1) < 0) {
            if (errno == EINTR) {
                continue;
            }
            bug("serve: poll: %s", strerror(errno));
        }
        if (list[0].revents != 0) {
            while (control_take(self)) {
            }
            continue; /* channels may have changed */
        }
        for (size_t i = 1; i < n; i++) {
            if (list[i].revents != 0) {
                serve_channel(&s, &in->served[i - 1]);
            }
        }
    }
    arena_free(s.messages);
    arena_free(s.reply);
}
