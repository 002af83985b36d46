/* The serving side for processes with a loop: each request runs in a task of its own, answers of
 * one turn leave in one frame.  When the asker goes, tasks in progress end normally and their
 * answers are dropped. */
#include "peer/peer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/ct.h"
#include "log/log.h"

#define SERVE_ARENA_MAX ((size_t)16 * 1024 * 1024)
#define SERVE_DEADLINE_MS 60000

struct served {
    TAILQ_ENTRY(served) link;
    struct server *server;
    uint16_t op;
    uint64_t call;
    struct str request; /* malloc'ed */
    enum err status;
    struct str answer; /* malloc'ed; the reason when status is not OK */
};
TAILQ_HEAD(served_list, served);

struct server {
    struct loop *loop;
    int fd; /* -1: the asker is gone */
    struct event *readable, *writable;
    peer_serve_fn *fn;
    void *app;
    struct served_list answers; /* finished, not sent yet */
    size_t running;
    struct arena *frame;
    void *received;
};

static struct str copy_of(struct str s)
{
    char *p = malloc(s.n + 1);
    if (p == NULL) {
        return STR_NONE;
    }
    if (s.n > 0) {
        memcpy(p, s.p, s.n);
    }
    return str_of(p, s.n);
}

static void copy_free(struct str *s)
{
    if (s->p != NULL) {
        char *p = (char *)(uintptr_t)s->p;
        ct_wipe(p, s->n);
        free(p);
        *s = STR_NONE;
    }
}

static void served_free(struct served *r)
{
    copy_free(&r->request);
    copy_free(&r->answer);
    free(r);
}

static void server_free_when_idle(struct server *s)
{
    struct served *r;
    if (s->fd >= 0 || s->running > 0) {
        return;
    }
    while ((r = TAILQ_FIRST(&s->answers)) != NULL) {
        TAILQ_REMOVE(&s->answers, r, link);
        served_free(r);
    }
    arena_free(s->frame);
    free(s->received);
    free(s);
}

static void server_close(struct server *s)
{
    event_free(s->readable);
    event_free(s->writable);
    close(s->fd);
    s->fd = -1;
}

static void server_flush(void *arg)
{
    struct server *s = arg;
    while (s->fd >= 0 && !TAILQ_EMPTY(&s->answers)) {
        struct buf b = buf_in(s->frame);
        struct served *r, *last = NULL;
        bool sent = false;
        TAILQ_FOREACH (r, &s->answers, link) {
            if (b.n + FRAME_HEAD + r->answer.n > FRAME_MAX) {
                break;
            }
            struct message m = {
                .op = r->op, .status = (uint16_t)r->status, .call = r->call, .payload = r->answer};
            if (frame_put(&b, &m) != OK) {
                bug("serve: an answer that was checked does not fit");
            }
            last = r;
        }
        enum err e = frame_try_send(s->fd, buf_str(&b), &sent);
        arena_reset(s->frame);
        if (e != OK) {
            server_close(s);
            break;
        }
        if (!sent) {
            event_add(s->writable, NULL);
            return;
        }
        do {
            r = TAILQ_FIRST(&s->answers);
            TAILQ_REMOVE(&s->answers, r, link);
            bool end = r == last;
            served_free(r);
            if (end) {
                break;
            }
        } while (true);
    }
    server_free_when_idle(s);
}

static void served_finish(struct served *r, enum err status, struct str answer)
{
    if (answer.n > FRAME_MESSAGE_MAX) {
        status = ERR_LIMIT;
        answer = STR("the answer is too large");
    }
    r->status = status;
    r->answer = copy_of(answer);
    TAILQ_INSERT_TAIL(&r->server->answers, r, link);
    loop_at_turn_end(r->server->loop, server_flush, r->server);
}

static void on_ended(struct task *t, void *arg, enum err how)
{
    (void)t;
    struct served *r = arg;
    r->server->running--;
    if (how != OK) {
        served_finish(r, how, STR("the task was ended"));
    }
}

static void serve_one(struct task *t, void *arg)
{
    struct served *r = arg;
    struct str answer = STR("");
    task_on_end(t, on_ended, r);
    enum err e = r->server->fn(t, r->server->app, r->op, r->request, &answer);
    served_finish(r, e, e == OK ? answer : str_from(err_reason()));
}

static void serve_message(struct server *s, const struct message *m)
{
    struct served *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return; /* the asker's deadline passes */
    }
    *r = (struct served){.server = s, .op = m->op, .call = m->call, .request = copy_of(m->payload)};
    s->running++;
    enum err e = r->request.p == NULL ? fail(ERR_NO_MEMORY, "serve: no memory")
                                      : task_start(s->loop, "served call", SERVE_ARENA_MAX,
                                                   SERVE_DEADLINE_MS, serve_one, r);
    if (e != OK) {
        s->running--;
        served_finish(r, e, str_from(err_reason()));
    }
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    server_flush(arg);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct server *s = arg;
    (void)fd;
    (void)what;
    struct str frame, rest;
    struct message m;
    bool broken = false;
    if (frame_receive(s->fd, s->received, &frame, NULL) != OK) {
        server_close(s);
        loop_at_turn_end(s->loop, server_flush, s);
        return;
    }
    rest = frame;
    while (frame_next(&rest, &m, &broken)) {
        serve_message(s, &m);
    }
    ct_wipe(s->received, frame.n);
    if (broken) {
        log_event(LOG_WARN, PEER_LOST, LOG_Z("reason", "a broken frame"));
        server_close(s);
        loop_at_turn_end(s->loop, server_flush, s);
    }
}

void peer_serve(struct loop *l, int fd, peer_serve_fn *fn, void *app)
{
    struct server *s = calloc(1, sizeof *s);
    if (s == NULL) {
        bug("serve: no memory for a channel");
    }
    *s = (struct server){.loop = l, .fd = fd, .fn = fn, .app = app};
    TAILQ_INIT(&s->answers);
    s->frame = arena_new(0);
    s->received = malloc(FRAME_MAX);
    s->readable = event_new(loop_base(l), fd, EV_READ | EV_PERSIST, on_readable, s);
    s->writable = event_new(loop_base(l), fd, EV_WRITE, on_writable, s);
    if (s->frame == NULL || s->received == NULL || s->readable == NULL || s->writable == NULL ||
        event_add(s->readable, NULL) != 0) {
        bug("serve: no memory for a channel");
    }
}
