/* The gentle end of a refused connection: the answer leaves, and what still comes is read and
 * thrown away for a moment.  evhttp has no part in it.  Must not judge: conn.c has refused. */
#include <event2/buffer.h>
#include <sys/socket.h>
#include "http/core.h"

#define LINGER_MS 2000

static void on_refusal_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    (void)what;
    conn_close(arg);
}

/* The answer has left: say so to the other side, and read on for a moment, because closing a socket
 * with unread input would make the kernel throw the answer away. */
static void on_refusal_written(struct bufferevent *bev, void *arg)
{
    struct conn *c = arg;
    if (c->side->tls) {
        conn_close(c);
        return;
    }
    shutdown((int)bufferevent_getfd(bev), SHUT_WR);
    bufferevent_disable(bev, EV_WRITE);
    deadline_set(c, LINGER_MS);
}

void linger_write(struct conn *c, const struct reply *reply)
{
    struct evbuffer *out = bufferevent_get_output(c->bev);
    struct http_server *s = c->side->server;
    c->shutting = true;
    s->n_leaving += !c->leaving;
    c->leaving = true;
    waiting_end(c);
    bufferevent_setcb(c->bev, NULL, on_refusal_written, on_refusal_event, c);
    evbuffer_add_printf(out, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: %zu\r\n",
                        reply->status, reply_reason(reply->status), reply->body.n);
    for (size_t i = 0; i < reply->n_headers; i++) {
        evbuffer_add_printf(out, "%.*s: %.*s\r\n", STR_FMT(reply->headers[i].name),
                            STR_FMT(reply->headers[i].value));
    }
    evbuffer_add(out, "\r\n", 2);
    evbuffer_add(out, reply->body.p, reply->body.n);
    bufferevent_enable(c->bev, EV_READ | EV_WRITE);
    deadline_set(c, LINGER_MS);
}
