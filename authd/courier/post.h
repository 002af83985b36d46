/* One POST to a checked address, through libcurl on the loop: no redirects, no proxy, no cookies,
 * TLS verified against certificates that were read before the sandbox closed. */
#ifndef COURIER_POST_H
#define COURIER_POST_H
#include "task/task.h"

struct poster;
/* Reads the certificate authorities ($SSL_CERT_FILE, or libcurl's own file).  Before the sandbox
 * closes. */
CHECKED enum err poster_new(struct loop *l, struct poster **out);
void poster_free(struct poster *p);

struct post {
    struct str url;
    struct str pinned; /* "host:port:address,…": nothing else is connected to */
    struct str body;   /* application/x-www-form-urlencoded */
    bool loopback_allowed;
    long timeout_ms;
};
struct post_answer {
    long status;           /* of HTTP */
    int64_t retry_after_s; /* what Retry-After asks for; 0: nothing */
};
/* ERR_UNAVAILABLE with libcurl's words when no answer came.  Waits. */
CHECKED enum err poster_send(struct task *t, struct poster *p, const struct post *in,
                             struct post_answer *out);

#endif
