/* Somebody's DPoP proof, judged by a service that was sent it (RFC 9449 section 4.3).  Pure:
 * request and time are arguments; replay is the caller's memory. */
#ifndef LIBEID_PROOF_H
#define LIBEID_PROOF_H
#include "jose/jws.h"
#include "libeid/work.h"

#define PROOF_MAX 4096

struct proof_expect {
    struct str method;
    struct str url;
    struct str token;
    struct str thumbprint; /* of the key the token is bound to */
    struct str nonce;      /* STR_NONE: none was demanded */
    int64_t now;
    int64_t max_age_s;
    int64_t skew_s;
};

/* *jti: its name; *until_s: when it can't be used any more.  EID_PROOF_REFUSED. */
enum eid_code proof_check(struct work *w, struct str text, const struct proof_expect *expect,
                          struct str *jti, int64_t *until_s);

#endif
