/* The kernel's interest in what a connection says.  evhttp takes its event for reading away with
 * each request and brings it back with each answer: two calls of the kernel, unless another event
 * wants to know of the same socket.  So kept connections have one, which reads nothing.  When
 * something is there that nobody reads (a client that does not wait for its answer, or hung up) it
 * goes, until the next request. */
#include "http/core.h"

#define UNHEARD_MAX 2 /* it may run before evhttp's in a turn */

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct conn *c = arg;
    (void)fd;
    (void)what;
    if (++c->unheard >= UNHEARD_MAX) {
        event_del(c->interest);
    }
}

void interest_heard(struct conn *c)
{
    c->unheard = 0;
}

void interest_keep(struct conn *c)
{
    if (c->interest == NULL) {
        if (!c->kept) {
            c->kept = true; /* the first request may be the last */
            return;
        }
        c->interest = event_new(loop_base(c->side->server->loop), bufferevent_getfd(c->bev),
                                EV_READ | EV_PERSIST, on_readable, c);
    }
    if (c->interest != NULL && event_pending(c->interest, EV_READ, NULL) == 0) {
        (void)event_add(c->interest, NULL);
    }
}

void interest_forget(struct conn *c)
{
    if (c->interest != NULL) {
        event_free(c->interest);
        c->interest = NULL;
    }
}
