/* One request to a checked address, through libcurl on the loop: no redirects, no proxy, no
 * cookies, TLS verified against certificates that were read before the sandbox closed. */
#ifndef COURIER_TRANSFER_H
#define COURIER_TRANSFER_H
#include "task/task.h"

struct transfers;
/* Reads the certificate authorities ($SSL_CERT_FILE, or libcurl's own file).  Before the sandbox
 * closes. */
CHECKED enum err transfers_new(struct loop *l, struct transfers **out);
void transfers_free(struct transfers *p);

struct transfer_request {
    struct str url;
    struct str pinned;  /* "host:port:address,…": nothing else is connected to */
    struct str form;    /* posted as application/x-www-form-urlencoded; absent: GET */
    const char *accept; /* of a GET */
    bool loopback_allowed;
    size_t answer_max; /* a longer answer is no answer */
    long timeout_ms;
};
struct transfer_answer {
    long status;           /* of HTTP */
    int64_t retry_after_s; /* what Retry-After asks for; 0: nothing */
    struct str body;       /* of a GET */
    struct str cache_control;
};
/* ERR_UNAVAILABLE with libcurl's words when no answer came.  Waits. */
CHECKED enum err transfer_run(struct task *t, struct transfers *p,
                              const struct transfer_request *in, struct transfer_answer *out);

#endif
