/* The checks of an ID token, OpenID Connect Core 1.0 section 3.1.3.7. */
#ifndef LIBEID_ID_TOKEN_H
#define LIBEID_ID_TOKEN_H
#include "libeid/identity.h"

struct id_token_expect {
    struct str nonce;        /* STR_NONE: of a refresh, where it need not be */
    struct str subject;      /* STR_NONE at login; at refresh the same person */
    struct str access_token; /* for at_hash */
    int64_t max_age_s;       /* 0: not asked for */
};
/* Signature with the provider's keys, then the claims in the order of the specification. */
enum eid_code id_token_verify(struct work *w, struct eid_client *c, struct str token,
                              const struct id_token_expect *expect, json_t **claims);

#endif
