/* How libeid reaches the provider.  The default is libcurl: TLS with verification, https only
 * (plain http to loopback), no redirects, time and size limits.  A caller may bring a function of
 * its own; one with an event loop uses eid/operation.h instead, where libeid never waits. */
#ifndef EID_TRANSPORT_H
#define EID_TRANSPORT_H
#include <stddef.h>
#include "eid/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eid_client;

struct eid_header {
    const char *name;
    const char *value; /* may be secret */
};

/* One request, made by the library: read it, don't copy the struct (it may grow at its end). */
struct eid_request {
    const char *method; /* "GET" or "POST" */
    const char *url;
    const struct eid_header *headers; /* send them all, and none of your own but User-Agent */
    size_t n_headers;
    const char *body; /* NULL: none; may hold secrets */
    size_t body_size;
    const char *ca_file; /* trusted authorities; NULL: the system's */
    long timeout_ms;     /* for everything together */
};

struct eid_response;
EID_API void eid_response_set_status(struct eid_response *r, int status);
/* Give all headers: libeid picks those it knows (Content-Type, Cache-Control, Age, Date,
 * Retry-After, DPoP-Nonce, WWW-Authenticate). */
EID_API void eid_response_set_header(struct eid_response *r, const char *name, const char *value);
/* Adds to the body.  Non-zero when the body has become too large: give up. */
EID_API int eid_response_add_body(struct eid_response *r, const void *bytes, size_t n);

/* Sends the request and fills the response.  Must not follow redirects.  0 when there is an answer,
 * whatever its status; otherwise `why` gets a short text for the log.  Called from the thread that
 * called libeid, without locks held; several threads may be in it at once. */
typedef int eid_transport_fn(void *arg, const struct eid_request *request,
                             struct eid_response *response, char why[128]);

#ifdef __cplusplus
}
#endif
#endif
