/* One connection: the gate in front of evhttp, and absolute deadlines.
 *
 * The gate reads each byte when it arrives in the bufferevent's input, before evhttp's read
 * callback runs. A refusal throws the input away at once, so that evhttp never parses what the gate
 * did not like. Must not look at evhttp's connection after its close callback. */
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "http/core.h"
#include "log/log.h"

#define EXTRA_ROOM 4096
#define ANSWER_MS 30000 /* for the client to take its answer, however slowly it reads */
#define OVER_PART 8     /* this part more than allowed are taken to be told 503 */
#define BUFFERED_MAX ((size_t)16 * 1024 * 1024) /* of all requests that are not complete */
#define BUFFERED_ALWAYS ((size_t)8 * 1024)      /* of one of them, even then */

static unsigned bucket_of_pointer(const void *p)
{
    return (unsigned)(((uintptr_t)p >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 40) % CONN_BUCKETS;
}

struct conn *conn_find(struct http_server *s, struct evhttp_connection *evcon)
{
    struct conn *c = s->by_evcon[bucket_of_pointer(evcon)];
    while (c != NULL && c->evcon != evcon) {
        c = c->next_evcon;
    }
    return c;
}

/* The deadline that fits what the gate is waiting for. */
static void deadline_choose(struct conn *c, bool first)
{
    const struct http_limits *limits = &c->side->server->limits;
    if (gate_in_body(&c->gate)) {
        deadline_set(c, limits->body_ms);
    } else if (first || gate_in_head(&c->gate)) {
        deadline_set(c, limits->head_ms);
    } else {
        deadline_set(c, limits->idle_ms);
    }
}

static void buffered_set(struct conn *c, size_t n)
{
    c->side->server->buffered += n - c->buffered;
    c->buffered = n;
}

/* While it works on a request of a connection, and while that one's client does not read, little of
 * the next request is taken. */
static void room_set(struct conn *c, size_t most)
{
    bufferevent_setwatermark(c->bev, EV_READ, 0, most);
}

static size_t room_for_request(const struct http_server *s)
{
    return s->limits.header_max + s->body_max + EXTRA_ROOM;
}

/* Our half is over: evhttp is about to free its own, or could not take the connection. */
static void conn_forget(struct conn *c)
{
    struct http_server *s = c->side->server;
    struct conn **at = &s->by_evcon[bucket_of_pointer(c->evcon)];
    while (*at != NULL && *at != c) {
        at = &(*at)->next_evcon;
    }
    if (*at == c) {
        *at = c->next_evcon;
    }
    arrival_forget(c);
    interest_forget(c);
    if (c->current != NULL) {
        struct exchange *x = c->current;
        /* A request that evhttp let go of already is ours to free; else it goes with the
         * connection. */
        if (x->evreq != NULL && evhttp_request_get_connection(x->evreq) == NULL) {
            evhttp_request_free(x->evreq);
        }
        x->evreq = NULL;
        x->conn = NULL;
    }
    waiting_end(c);
    exchange_forget(c);
    buffered_set(c, 0);
    event_free(c->timer);
    s->n_conns--;
    s->n_leaving -= c->leaving;
    free(c);
    if (s->draining && s->n_conns == 0 && s->drained != NULL) {
        loop_at_turn_end(s->loop, s->drained, s->drained_arg);
        s->drained = NULL;
    }
}

static void on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg);

static void on_close(struct evhttp_connection *evcon, void *arg)
{
    (void)evcon;
    struct conn *c = arg;
    evbuffer_remove_cb(bufferevent_get_input(c->bev), on_input, c);
    conn_forget(c);
}

void conn_close(struct conn *c)
{
    evhttp_connection_free(c->evcon); /* calls on_close */
}

static void refuse(struct conn *c, int status, const char *why)
{
    c->refused = true;
    c->status = status;
    c->why = why;
}

/* evhttp has taken the connection since bevcb: find its half, and judge the caps.  False when
 * evhttp could not take it and c is gone. */
static bool conn_adopt(struct conn *c)
{
    struct http_server *s = c->side->server;
    bufferevent_event_cb any;
    bufferevent_data_cb read, write;
    void *evcon = NULL;
    bufferevent_getcb(c->bev, &read, &write, &any, &evcon);
    bool taken = evcon != NULL && evhttp_connection_get_bufferevent(evcon) == c->bev;
    if (!taken) {
        bufferevent_decref(c->bev);
        conn_forget(c);
        return false;
    }
    c->evcon = evcon;
    unsigned bucket = bucket_of_pointer(evcon);
    c->next_evcon = s->by_evcon[bucket];
    s->by_evcon[bucket] = c;
    evhttp_connection_set_closecb(evcon, on_close, c);
    bufferevent_decref(c->bev);
    const char *why = arrival_judge(c);
    waiting_begin(c);
    if (why != NULL) {
        refuse(c, 503, why);
    }
    deadline_choose(c, true);
    return true;
}

static void refuse_now(struct conn *c)
{
    deadline_clear(c);
    if (c->status != 503) {
        log_event(LOG_INFO, HTTP_REFUSED, LOG_INT("status", c->status), LOG_Z("why", c->why));
    }
    exchange_refuse(c, c->status, c->why);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct conn *c = arg;
    if (c->evcon == NULL && !conn_adopt(c)) {
        return;
    }
    bool met = deadline_met(c);
    if (c->shutting) {
        if (met) {
            conn_close(c);
        }
        return;
    }
    if (c->busy) {
        if (met && c->current == NULL) {
            conn_close(c); /* it does not take its answer */
        }
        return;
    }
    if (c->refused) {
        refuse_now(c);
        return;
    }
    if (!met) {
        return;
    }
    if (gate_in_head(&c->gate) || gate_in_body(&c->gate)) {
        refuse(c, 408, "the request took too long to arrive");
        refuse_now(c);
        return;
    }
    conn_close(c); /* idle */
}

/* The body's size can be judged as soon as the head is there. */
static void judge_body(struct conn *c)
{
    const struct route *route = route_find(c->side->server, str_of(c->gate.path, c->gate.path_n));
    size_t most = route == NULL ? 0 : route->body_max;
    if (c->gate.content_length > most) {
        refuse(c, 413, "the body is too large");
    }
}

static void feed(struct conn *c, struct str bytes)
{
    enum gate_step step = GATE_MORE;
    do {
        step = gate_next(&c->gate, &bytes);
        if (step == GATE_HEAD) {
            judge_body(c);
        } else if (step == GATE_REFUSED) {
            refuse(c, c->gate.status, c->gate.why);
        }
    } while (!c->refused && (step != GATE_MORE || bytes.n > 0));
}

/* Runs inside the bufferevent's read, before evhttp sees anything. */
static void on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
    struct conn *c = arg;
    if (info->n_added == 0 || (c->evcon == NULL && !conn_adopt(c))) {
        return;
    }
    interest_heard(c);
    bool was_head = gate_in_head(&c->gate);
    bool was_body = gate_in_body(&c->gate);
    struct evbuffer_ptr at;
    size_t left = info->n_added;
    evbuffer_ptr_set(input, &at, evbuffer_get_length(input) - left, EVBUFFER_PTR_SET);
    while (left > 0 && !c->refused) {
        struct evbuffer_iovec piece;
        if (evbuffer_peek(input, (ev_ssize_t)left, &at, &piece, 1) < 1 || piece.iov_len == 0) {
            break;
        }
        size_t n = piece.iov_len < left ? piece.iov_len : left;
        feed(c, str_of(piece.iov_base, n));
        left -= n;
        if (left > 0) {
            evbuffer_ptr_set(input, &at, n, EVBUFFER_PTR_ADD);
        }
    }
    buffered_set(c, c->buffered + info->n_added);
    if (!c->refused && !c->busy && c->buffered > BUFFERED_ALWAYS &&
        c->side->server->buffered > BUFFERED_MAX) {
        refuse(c, 503, "too much is being sent");
    }
    if (c->refused) {
        buffered_set(c, 0);
        evbuffer_drain(input, evbuffer_get_length(input));
        event_active(c->timer, EV_READ, 0);
        return;
    }
    /* Deadlines are absolute: set when head or body begins, never pushed on by further bytes. */
    if (!c->busy && (gate_in_head(&c->gate) != was_head || gate_in_body(&c->gate) != was_body)) {
        deadline_choose(c, false);
    }
}

struct bufferevent *conn_make(struct event_base *base, void *arg)
{
    struct side *side = arg;
    struct http_server *s = side->server;
    struct bufferevent *bev = NULL;
    struct conn *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        bug("http: no memory for a connection"); /* NULL would make evhttp go on without a gate */
    }
    if (side->tls) {
        SSL *ssl = s->tls == NULL ? NULL : SSL_new(s->tls);
        if (ssl != NULL) {
            bev = bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING,
                                                 BEV_OPT_CLOSE_ON_FREE);
            if (bev != NULL) {
                bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
            }
        }
    } else {
        bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    }
    c->side = side;
    c->bev = bev;
    c->timer = bev == NULL ? NULL : event_new(base, -1, 0, on_timer, c);
    if (bev == NULL || c->timer == NULL ||
        evbuffer_add_cb(bufferevent_get_input(bev), on_input, c) == NULL) {
        bug("http: no connection can be made");
    }
    gate_init(&c->gate, s->limits.header_max);
    room_set(c, room_for_request(s));
    bufferevent_incref(bev); /* until adopted */
    s->n_conns++;
    if (s->n_conns > s->limits.connections_max + s->limits.connections_max / OVER_PART + 1) {
        server_pause(s); /* the kernel keeps the rest waiting */
    }
    event_active(c->timer, EV_READ, 0);
    return bev;
}

void conn_working(struct conn *c)
{
    c->busy = true;
    interest_keep(c);
    waiting_end(c);
    buffered_set(c, evbuffer_get_length(bufferevent_get_input(c->bev)));
    room_set(c, EXTRA_ROOM);
    deadline_clear(c);
}

void conn_answering(struct conn *c)
{
    deadline_set(c, ANSWER_MS);
}

void conn_answered(struct conn *c)
{
    c->busy = false;
    room_set(c, room_for_request(c->side->server));
    waiting_begin(c);
    if (c->refused) {
        event_active(c->timer, EV_READ, 0);
        return;
    }
    deadline_choose(c, false);
}

void conn_close_idle(struct http_server *s)
{
    for (size_t i = 0; i < CONN_BUCKETS; i++) {
        struct conn *c = s->by_evcon[i];
        while (c != NULL) {
            struct conn *next = c->next_evcon;
            if (!c->busy && !c->shutting && !gate_in_head(&c->gate) && !gate_in_body(&c->gate)) {
                conn_close(c);
            }
            c = next;
        }
    }
}
