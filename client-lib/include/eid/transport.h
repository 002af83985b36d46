/* How libeid reaches the provider.  The default is libcurl: TLS with verification, https only
 * (plain http to loopback), no redirects, time and size limits.  A caller with an event loop of its
 * own brings a function that waits in its own way. */
#ifndef EID_TRANSPORT_H
#define EID_TRANSPORT_H
#include <stddef.h>
#include "eid/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eid_client;

struct eid_request {
    const char *method; /* "GET" or "POST" */
    const char *url;
    const char *accept;
    const char *authorization; /* value of the header, or NULL; secret */
    const char *content_type;  /* NULL without a body */
    const char *body;          /* may hold secrets */
    size_t body_size;
    const char *ca_file; /* NULL: the system's */
    long timeout_ms;     /* for everything together */
};

struct eid_response;
EID_API void eid_response_set_status(struct eid_response *r, int status);
/* Only Content-Type, Cache-Control, Age and Retry-After are looked at; the rest may be left out. */
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
