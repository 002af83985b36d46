/* The gate: a pure state machine over the bytes of a connection, in front of evhttp.
 *
 * evhttp forgives much that a proxy in front of us might read differently (LIBRARIES.md section 2).
 * The gate reads every byte first and lets through only what RFC 9112 says without leniency, so
 * that both always agree where a request begins, where it ends and whom it is for.  It keeps no
 * heap memory. */
#ifndef HTTP_GATE_H
#define HTTP_GATE_H
#include "base/str.h"

#define GATE_NAME_MAX 20 /* longest header name it must know: transfer-encoding */
#define GATE_VALUE_MAX 260
#define GATE_PATH_MAX 128 /* as much of the target as routes need */
#define GATE_HEADERS_MAX 100

enum gate_step {
    GATE_MORE,   /* all bytes are read, nothing to say */
    GATE_HEAD,   /* a head is complete: method, path, content_length; then the body follows */
    GATE_DONE,   /* the request is complete; the next may begin */
    GATE_REFUSED /* status and why; every later call says the same */
};

enum gate_place {
    GATE_AT_START,
    GATE_IN_METHOD,
    GATE_IN_TARGET,
    GATE_IN_VERSION,
    GATE_IN_LINE_END,
    GATE_AT_LINE,
    GATE_IN_NAME,
    GATE_IN_VALUE,
    GATE_IN_VALUE_END,
    GATE_IN_HEAD_END,
    GATE_AT_BODY,
    GATE_IN_BODY,
    GATE_SHUT
};

struct gate {
    size_t header_max;
    enum gate_place place;
    size_t head_bytes; /* of this request so far */
    /* what is known of this request */
    char method[8];
    size_t method_n;
    char path[GATE_PATH_MAX]; /* target without query, as far as it fits */
    size_t path_n;
    bool in_query;
    uint64_t content_length;
    unsigned minor; /* HTTP/1.minor */
    /* inside */
    size_t target_n;
    size_t version_n;
    unsigned n_headers;
    unsigned n_host, n_length, n_type, n_authorization;
    char name[GATE_NAME_MAX];
    size_t name_n; /* may exceed GATE_NAME_MAX: a name we don't know */
    char value[GATE_VALUE_MAX];
    size_t value_n;
    uint64_t body_left;
    /* GATE_REFUSED */
    int status;
    const char *why; /* literal, for log and answer */
};

void gate_init(struct gate *g, size_t header_max);
/* Takes bytes from the front of *input until something is to be said. */
enum gate_step gate_next(struct gate *g, struct str *input);
/* Has a request begun that is not complete? */
bool gate_in_head(const struct gate *g);
bool gate_in_body(const struct gate *g);

#endif
