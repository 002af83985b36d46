/* The HTTP server of a process: libevent's evhttp behind a strict gate (http/gate.c), TLS by
 * OpenSSL. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H
#include "http/request.h"

struct http_limits {
    size_t header_max;        /* bytes of request line and headers */
    int64_t head_ms;          /* from the first byte of a request to the end of its head */
    int64_t body_ms;          /* from there to the end of its body */
    int64_t idle_ms;          /* keep-alive */
    unsigned connections_max; /* of the process */
    int64_t request_ms;       /* longest time a task works on a request; 0: as the route says */
    unsigned per_address_max; /* 0: no limit, neither on its part of the work (admission.h) */
    const char
        *trusted_proxy; /* address whose X-Forwarded-For/-Proto are believed; NULL or "" for none */
};

struct http_server;

/* routes: ends with a row whose path is NULL; must outlive the server.
 * missing: handler of unknown paths (404 page).  broken: builds the page for a failed handler or a
 * refusal of the gate (status in r->reply.status); may be NULL for JSON only.
 * hosts: accepted Host header values (from the issuer), ends with NULL: others get 421. */
CHECKED enum err http_server_new(struct loop *l, const struct route *routes, void *app,
                                 enum err (*missing)(struct req *r),
                                 void (*broken)(struct req *r, int status),
                                 struct http_limits limits, const char *const *hosts,
                                 struct http_server **out);
/* Serves an already listening, non-blocking socket.  tls: serve TLS with the present context. */
CHECKED enum err http_server_listen(struct http_server *s, int fd, bool tls);
/* Sets or exchanges certificate chain and key (PEM text); connections in progress keep the old one.
 */
CHECKED enum err http_server_tls(struct http_server *s, struct str certificate, struct str key);
/* New limits for connections from now on (reload). */
void http_server_limits(struct http_server *s, struct http_limits limits);
/* Calls fn after every answered request, with the route's place in the table. */
void http_server_observe(struct http_server *s,
                         void (*fn)(void *arg, size_t route, int status, int64_t us), void *arg);
/* fn says what a request of this kind would wait for another process, in milliseconds: who could
 * not be answered in time is refused at the door. */
void http_server_waits(struct http_server *s, int64_t (*fn)(void *arg, enum work work), void *arg);
size_t http_server_connections(const struct http_server *s);
enum http_drain {
    HTTP_DRAIN_STOP, /* nobody serves after us: connections on which nothing happens are closed */
    HTTP_DRAIN_RELIEVED /* others accept on the same socket and there is no hurry: a connection is
                           closed with its next answer, or when it would have been anyway, so that
                           no request can cross its end that could not have done so before */
};
/* Stops accepting, answers what is in progress with Connection: close; `drained` (may be NULL) is
 * called when no connection is left. */
void http_server_drain(struct http_server *s, enum http_drain how, void (*drained)(void *arg),
                       void *arg);
void http_server_free(struct http_server *s);

#endif
