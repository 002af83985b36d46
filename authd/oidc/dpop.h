/* DPoP at our endpoints: RFC 9449.  What a request shows of a key, that a proof is used once, and
 * what a grant's binding makes of it.  The proof itself is judged in dpop_proof.c; what a chain of
 * tokens stays bound to is the signer's rule (signer/confirmation.h). */
#ifndef OIDC_DPOP_H
#define OIDC_DPOP_H
#include "oidc/dpop_proof.h"
#include "registration/client.h"
#include "store/audit.h"

struct dpop {
    bool shown; /* the request came with a good proof */
    struct dpop_proof proof;
};
/* The proof of this request, if it has one; reads, judges, asks for a nonce where the configuration
 * wants one.  access_token: that came with it, or STR_NONE.  Waits. */
CHECKED enum err dpop_read(struct req *r, struct str access_token, struct dpop *out,
                           enum refusal *why);
/* Uses it up, for all web processes and nodes; where none was shown nothing but the entry is
 * written.  Called after everything else was judged: strangers must not make us write.  audit: what
 * the same commit writes down if the proof was unused, or NULL.  Waits for the commit. */
CHECKED enum err dpop_use(struct req *r, const struct dpop *d, const struct audit *audit,
                          enum refusal *why);

/* What a token request makes of the confirmation that its code or refresh token holds. */
struct dpop_bound {
    struct str shown; /* the key, as the signer is told it; STR_NONE: none */
    struct str token; /* what the access token is bound to; STR_NONE: a bearer token */
    struct str next;  /* what a refresh token from here holds; STR_NONE: nothing */
};
/* holds: text of a confirmation as stored, or absent. */
enum refusal dpop_bind(struct arena *a, const struct client *c, struct str holds,
                       const struct dpop *d, struct dpop_bound *out);
/* The confirmation a code is issued with: dpop_jkt, or nothing. */
struct str dpop_of_code(struct arena *a, const struct client *c, struct str dpop_jkt);

#endif
