/* ID tokens, and the claims that ID tokens, access tokens and userinfo share. */
#ifndef SIGNER_ID_TOKEN_H
#define SIGNER_ID_TOKEN_H
#include "signer/held.h"
#include "signer/payload.h"

struct pairwise;
struct signer;

#define CLAIM_ACCOUNT_LEVEL "urn:authd:account_level"
#define CLAIM_AUTHENTICATION_LEVEL "urn:authd:authentication_level"

/* auth_time, acr ("urn:authd:acr:<account>:<authentication>"), amr. */
CHECKED enum err payload_login(struct arena *a, struct payload *claims, const struct proof *p);
/* act (RFC 8693 §4.1) when somebody acts for the subject. */
CHECKED enum err payload_actor(struct arena *a, struct payload *claims, const struct held_keys *k,
                               const struct proof *p);
/* cnf (RFC 7800 §3.1); absent is fine. */
CHECKED enum err payload_cnf(struct payload *claims, struct str cnf);

struct id_token_request {
    const struct proof *proof; /* PROOF_CODE or PROOF_REFRESH */
    const struct pairwise *names;
    struct str alg; /* absent: ES256 */
    struct str access_token;
    const struct sealed_document *documents; /* of the subject; opened when claims.id_token asks */
    size_t n_documents;
    int64_t now;
};
CHECKED enum err id_token_make(struct arena *a, const struct signer *s,
                               const struct id_token_request *r, struct str *out);

/* Collects what `part` ("id_token", "userinfo") may show from documents, all of which must be the
 * subject's (ERR_DENIED). */
CHECKED enum err release_documents(struct arena *a, const struct signer *s, const struct proof *p,
                                   const struct sealed_document *documents, size_t n,
                                   struct str scope, const char *part, json_t *out);

#endif
