/* One DPoP proof: RFC 9449 section 4.3, in its order.  Pure: request, time and token are arguments;
 * that a proof is used once, and what its key may do, is the caller's business (dpop.h). */
#ifndef OIDC_DPOP_PROOF_H
#define OIDC_DPOP_PROOF_H
#include "oidc/fail.h"
#include "signer/confirmation.h"

#define DPOP_ALGS "ES256 EdDSA PS256"

struct dpop_expect {
    struct str method;       /* of the request */
    struct str uri;          /* of the request, in normal form (target_uri.h) */
    struct str access_token; /* that came with it; STR_NONE: none */
    int64_t now;
    int64_t age_s;   /* oldest that is taken */
    int64_t ahead_s; /* how far the client's clock may be ahead */
};
struct dpop_proof {
    char jkt[JKT_SIZE + 1]; /* of the key that signed */
    struct str jti;
    struct str nonce; /* STR_NONE when absent */
    int64_t iat;
};
enum refusal dpop_proof_check(struct arena *a, struct str text, const struct dpop_expect *expect,
                              struct dpop_proof *out);

#endif
