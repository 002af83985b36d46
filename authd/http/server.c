/* The server: two evhttp instances (plain and TLS) behind the gate, their listeners, certificate
 * exchange, draining.  Must not serve a byte that conn.c has not shown to the gate. */
#include "http/server.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "http/core.h"
#include "log/log.h"

#define PAUSE_MS 100
#define EVHTTP_METHODS                                                                             \
    (EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PUT |    \
     EVHTTP_REQ_DELETE | EVHTTP_REQ_PATCH)

/* evhttp's own limits stand behind ours, and must never be met first.  Its timeouts are not used:
 * each is set anew with every byte, and a connection always has a deadline of ours. */
static enum err side_make(struct http_server *s, struct side *side, bool tls)
{
    side->server = s;
    side->tls = tls;
    side->http = evhttp_new(loop_base(s->loop));
    if (side->http == NULL) {
        return fail(ERR_NO_MEMORY, "http: evhttp");
    }
    evhttp_set_allowed_methods(side->http, EVHTTP_METHODS);
    evhttp_set_default_content_type(side->http, NULL);
    evhttp_set_max_headers_size(side->http, (ev_ssize_t)s->limits.header_max * 2);
    evhttp_set_max_body_size(side->http, (ev_ssize_t)s->body_max + 1);
    evhttp_set_bevcb(side->http, conn_make, side);
    evhttp_set_gencb(side->http, exchange_begin, side);
    return OK;
}

static void on_pause_over(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct http_server *s = arg;
    for (size_t i = 0; i < s->n_listeners && !s->draining; i++) {
        evconnlistener_enable(s->listeners[i]);
    }
}

static void on_next_turn(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    exchange_postponed(arg);
}

void server_pause(struct http_server *s)
{
    struct timeval tv = {0, PAUSE_MS * 1000};
    for (size_t i = 0; i < s->n_listeners; i++) {
        evconnlistener_disable(s->listeners[i]);
    }
    evtimer_add(s->pause, &tv);
}

/* No descriptor is left: without a pause the loop would spin on accept. */
static void on_accept_failed(struct evconnlistener *listener, void *arg)
{
    struct http_server *s = arg;
    (void)listener;
    log_event(LOG_WARN, HTTP_OVERLOAD, LOG_Z("accept", strerror(errno)));
    server_pause(s);
}

void http_server_observe(struct http_server *s,
                         void (*fn)(void *arg, size_t route, int status, int64_t us), void *arg)
{
    s->observe = fn;
    s->observe_arg = arg;
}

void http_server_waits(struct http_server *s, int64_t (*fn)(void *arg, enum work work), void *arg)
{
    s->wait_ms = fn;
    s->wait_arg = arg;
}

size_t http_server_connections(const struct http_server *s)
{
    return s->n_conns;
}

void http_server_limits(struct http_server *s, struct http_limits limits)
{
    s->limits = limits;
    snprintf(s->trusted_proxy, sizeof(s->trusted_proxy), "%s",
             limits.trusted_proxy == NULL ? "" : limits.trusted_proxy);
    s->limits.trusted_proxy = s->trusted_proxy;
}

enum err http_server_new(struct loop *l, const struct route *routes, void *app,
                         enum err (*missing)(struct req *r),
                         void (*broken)(struct req *r, int status), struct http_limits limits,
                         const char *const *hosts, struct http_server **out)
{
    struct http_server *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return fail(ERR_NO_MEMORY, "http: server");
    }
    s->loop = l;
    s->routes = routes;
    s->app = app;
    s->missing = missing;
    s->broken = broken;
    s->hosts = hosts;
    http_server_limits(s, limits);
    TAILQ_INIT(&s->waiting);
    TAILQ_INIT(&s->postponed);
    admission_init(&s->admission, loop_stacks(l));
    enum err e = route_labels_make(s);
    if (e == OK) {
        e = side_make(s, &s->plain, false);
    }
    if (e == OK) {
        e = side_make(s, &s->secure, true);
    }
    if (e == OK) {
        s->pause = evtimer_new(loop_base(l), on_pause_over, s);
        s->next_turn = evtimer_new(loop_base(l), on_next_turn, s);
        e = s->pause == NULL || s->next_turn == NULL ? fail(ERR_NO_MEMORY, "http: timer") : OK;
    }
    if (e != OK) {
        http_server_free(s);
        return e;
    }
    *out = s;
    return OK;
}

enum err http_server_listen(struct http_server *s, int fd, bool tls)
{
    struct evhttp *http = tls ? s->secure.http : s->plain.http;
    if (tls && s->tls == NULL) {
        return fail(ERR_INPUT, "http: no certificate yet");
    }
    if (s->n_listeners == sizeof(s->listeners) / sizeof(s->listeners[0])) {
        return fail(ERR_LIMIT, "http: too many listeners");
    }
    TRY(busy_prepare(tls ? &s->secure : &s->plain));
    struct evhttp_bound_socket *bound = evhttp_accept_socket_with_handle(http, fd);
    if (bound == NULL) {
        return fail(ERR_UNAVAILABLE, "http: can't accept on descriptor %d", fd);
    }
    struct evconnlistener *listener = evhttp_bound_socket_get_listener(bound);
    evconnlistener_set_error_cb(listener, on_accept_failed);
    s->listeners[s->n_listeners++] = listener;
    return OK;
}

enum err http_server_tls(struct http_server *s, struct str certificate, struct str key)
{
    SSL_CTX *fresh;
    TRY(tls_context(certificate, key, &fresh));
    SSL_CTX_free(s->tls); /* connections in progress hold their own reference */
    s->tls = fresh;
    return OK;
}

void http_server_drain(struct http_server *s, enum http_drain how, void (*drained)(void *arg),
                       void *arg)
{
    s->draining = true;
    s->relieved = how == HTTP_DRAIN_RELIEVED;
    s->drained = drained;
    s->drained_arg = arg;
    for (size_t i = 0; i < s->n_listeners; i++) {
        evconnlistener_disable(s->listeners[i]);
    }
    if (!s->relieved) {
        conn_close_idle(s);
    }
    if (s->n_conns == 0 && s->drained != NULL) {
        s->drained = NULL;
        loop_at_turn_end(s->loop, drained, arg);
    }
}

void http_server_free(struct http_server *s)
{
    if (s == NULL) {
        return;
    }
    s->drained = NULL;
    if (s->plain.http != NULL) {
        evhttp_free(s->plain.http);
    }
    if (s->secure.http != NULL) {
        evhttp_free(s->secure.http);
    }
    if (s->pause != NULL) {
        event_free(s->pause);
    }
    if (s->next_turn != NULL) {
        event_free(s->next_turn);
    }
    SSL_CTX_free(s->tls);
    arena_free(s->busy_arena);
    route_labels_free(s);
    free(s);
}
