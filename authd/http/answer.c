/* One answer leaves: head and body as one piece, which goes to the socket at once.  evhttp would
 * print it header by header, wait a turn for a socket that takes it anyway, and ask the kernel four
 * times meanwhile; here it only learns that the answer is sent.  Must not use the connection
 * afterwards: it may be gone. */
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/util.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include "base/ct.h"
#include "http/core.h"

#define SMALL ((size_t)4096)

/* The fields that belong to the message, not to the reply. */
struct frame {
    char first[64];  /* status line */
    char last[128];  /* Date, Content-Length, Connection, the empty line */
    char *first_end; /* behind what is in it */
    char *last_end;
};

/* spec: RFC 9110 §6.6.1 an origin server with a clock MUST generate Date: its text is made once a
 * second */
static const char *date(struct http_server *s)
{
    time_t now = time(NULL);
    if (now != s->date_s) {
        (void)evutil_date_rfc1123(s->date, sizeof(s->date), NULL);
        s->date_s = now;
    }
    return s->date;
}

/* spec: RFC 9110 §8.6 MUST NOT send Content-Length in 204; HEAD: what GET would have */
static bool has_length(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

static char *put(char *to, const char *p, size_t n)
{
    if (n > 0) {
        memcpy(to, p, n);
    }
    return to + n;
}

static char *put_z(char *to, const char *z)
{
    return put(to, z, strlen(z));
}

static char *put_number(char *to, size_t value)
{
    char digits[20];
    char *at = digits + sizeof(digits);
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return put(to, at, (size_t)(digits + sizeof(digits) - at));
}

/* No printf: it takes longer than the rest of an answer.  The longest reason has 31 characters. */
static void frame_make(struct http_server *s, const struct reply *reply, bool close,
                       struct frame *f)
{
    char *to = put_number(put_z(f->first, "HTTP/1.1 "), (size_t)reply->status);
    to = put_z(put_z(to, " "), reply_reason(reply->status));
    f->first_end = put_z(to, "\r\n");
    to = put_z(put_z(put_z(f->last, "Date: "), date(s)), "\r\n");
    if (has_length(reply->status)) {
        to = put_z(put_number(put_z(to, "Content-Length: "), reply->body.n), "\r\n");
    }
    f->last_end = put_z(to, close ? "Connection: close\r\n\r\n" : "\r\n");
}

static size_t size_of(const struct frame *f, const struct reply *reply, struct str body)
{
    size_t size = (size_t)(f->first_end - f->first) + (size_t)(f->last_end - f->last) + body.n;
    for (size_t i = 0; i < reply->n_headers; i++) {
        size += reply->headers[i].name.n + reply->headers[i].value.n + 4;
    }
    return size;
}

static void compose(char *to, const struct frame *f, const struct reply *reply, struct str body)
{
    to = put(to, f->first, (size_t)(f->first_end - f->first));
    for (size_t i = 0; i < reply->n_headers; i++) {
        to = put(to, reply->headers[i].name.p, reply->headers[i].name.n);
        to = put(to, ": ", 2);
        to = put(to, reply->headers[i].value.p, reply->headers[i].value.n);
        to = put(to, "\r\n", 2);
    }
    to = put(to, f->last, (size_t)(f->last_end - f->last));
    (void)put(to, body.p, body.n);
}

/* The usual answer needs no buffer: the socket takes it.  False when there is no memory for what it
 * did not take. */
static bool write_small(struct conn *c, struct evbuffer *out, size_t size, const struct frame *f,
                        const struct reply *reply, struct str body)
{
    char text[SMALL];
    compose(text, f, reply, body);
    ssize_t n = send(bufferevent_getfd(c->bev), text, size, MSG_NOSIGNAL);
    size_t sent = n > 0 ? (size_t)n : 0;
    bool kept = sent == size || evbuffer_add(out, text + sent, size - sent) == 0;
    ct_wipe(text, size);
    return kept;
}

static bool write_large(struct conn *c, struct evbuffer *out, size_t size, const struct frame *f,
                        const struct reply *reply, struct str body)
{
    struct evbuffer_iovec room;
    if (evbuffer_reserve_space(out, (ev_ssize_t)size, &room, 1) != 1 || room.iov_len < size) {
        return false;
    }
    compose(room.iov_base, f, reply, body);
    room.iov_len = size;
    if (evbuffer_commit_space(out, &room, 1) != 0) {
        return false;
    }
    if (!c->side->tls) {
        evbuffer_unfreeze(out, 1);
        (void)evbuffer_write(out, bufferevent_getfd(c->bev));
        evbuffer_freeze(out, 1);
    }
    return true;
}

static void on_sent(struct evhttp_request *evreq, void *arg)
{
    struct http_server *s = arg;
    struct conn *c = conn_find(s, evhttp_request_get_connection(evreq));
    if (c != NULL) {
        conn_answered(c);
    }
}

/* What the socket did not take, and what is wrong with it, the bufferevent finds when it can be
 * written to; what the client says meanwhile waits. */
static void wait_for_socket(struct conn *c)
{
    bufferevent_data_cb read, write;
    bufferevent_event_cb event;
    void *evcon;
    conn_answering(c);
    bufferevent_getcb(c->bev, &read, &write, &event, &evcon);
    bufferevent_setcb(c->bev, NULL, write, event, evcon);
    bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

void answer_send(struct http_server *s, struct evhttp_request *evreq, struct conn *c,
                 const struct reply *reply)
{
    /* spec: RFC 9110 §9.3.2 to HEAD the fields of GET, but MUST NOT send content */
    bool empty = evhttp_request_get_command(evreq) == EVHTTP_REQ_HEAD || !has_length(reply->status);
    const char *asked = evhttp_find_header(evhttp_request_get_input_headers(evreq), "Connection");
    bool close = s->draining || c->refused || evreq->minor == 0 ||
                 (asked != NULL && evutil_ascii_strcasecmp(asked, "close") == 0);
    struct evbuffer *out = bufferevent_get_output(c->bev);
    struct frame f;
    frame_make(s, reply, close, &f);
    if (close) { /* evhttp looks there */
        (void)evhttp_add_header(evhttp_request_get_output_headers(evreq), "Connection", "close");
    }
    struct str body = empty ? STR_NONE : reply->body;
    size_t size = size_of(&f, reply, body);
    bool small = size <= SMALL && !c->side->tls && evbuffer_get_length(out) == 0;
    bool written = small ? write_small(c, out, size, &f, reply, body)
                         : write_large(c, out, size, &f, reply, body);
    if (!written) {
        conn_close(c);
        return;
    }
    if (evbuffer_get_length(out) > 0) {
        wait_for_socket(c);
    }
    evhttp_request_set_on_complete_cb(evreq, on_sent, s);
    evhttp_send_reply_end(evreq);
}
