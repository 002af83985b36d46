/* What came back from the provider: filled by the transport, read by exchange.c. */
#ifndef LIBEID_RESPONSE_H
#define LIBEID_RESPONSE_H
#include <stdbool.h>
#include <stdint.h>
#include "base/str.h"
#include "eid/transport.h"

#define ANSWER_MAX (512 * 1024)
#define NONCE_MAX 256

struct eid_response {
    int status;
    char content_type[64];
    int64_t max_age_s; /* of Cache-Control; -1: not told, 0: no-store or no-cache */
    int64_t age_s;
    int64_t date_s; /* the provider's clock; 0: not told */
    int retry_after_s;
    char dpop_nonce[NONCE_MAX + 1]; /* "": none */
    bool wants_nonce;               /* WWW-Authenticate says use_dpop_nonce */
    char *body;                     /* malloc */
    size_t size;
    bool too_large;
};

void response_init(struct eid_response *r);
void response_done(struct eid_response *r); /* wipes the body */
struct str response_body(const struct eid_response *r);
/* For how long it may be kept: Cache-Control less Age. */
int64_t response_max_age_s(const struct eid_response *r);

#endif
