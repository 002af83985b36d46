/* Tokens somebody shows us: access tokens (RFC 9068, RFC 7662) and logout tokens (OpenID Connect
 * Back-Channel Logout 1.0). */
#ifndef EID_TOKEN_H
#define EID_TOKEN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "eid/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eid_client;
struct eid_token;

/* Verifies an access token with the provider's keys; nothing is sent anywhere unless the keys are
 * unknown or stale.  audience: who we are; NULL: the client id.  A token revoked meanwhile still
 * passes until it expires: ask eid_token_introspect where that matters.  A token that is bound to a
 * key is refused (EID_PROOF_MISSING): it needs eid_token_verify_dpop. */
EID_API enum eid_code eid_token_verify(struct eid_client *client, const char *access_token,
                                       const char *audience, struct eid_token **out,
                                       struct eid_error *err);
/* One request somebody sends us with "Authorization: DPoP <token>" and the header DPoP. */
struct eid_dpop_request {
    size_t size;        /* sizeof(struct eid_dpop_request) */
    const char *method; /* as received: "GET", … */
    const char *url;    /* as the sender sees it: scheme, host, path; query is ignored */
    const char *proof;  /* value of the header DPoP; NULL: there was none (or more than one) */
    const char *nonce;  /* the nonce you demanded; NULL: none */
    long max_age_s;     /* of the proof; 0: 60 */
};
/* Was this proof seen before?  jti is the proof's own name, unique until until_s: remember it, and
 * answer 1 when it was there already, 0 when it is new, -1 when you can't tell (refused as well).
 */
typedef int eid_replay_fn(void *arg, const char *jti, int64_t until_s);
/* As eid_token_verify, and the token must be bound to the key that made the proof (cnf.jkt), the
 * proof must be for this method, URL and token, fresh, and not used before.  A token that is not
 * bound is refused.  EID_PROOF_MISSING, EID_PROOF_REFUSED. */
EID_API enum eid_code eid_token_verify_dpop(struct eid_client *client, const char *access_token,
                                            const char *audience,
                                            const struct eid_dpop_request *request,
                                            eid_replay_fn *replay, void *arg,
                                            struct eid_token **out, struct eid_error *err);
/* A proof for calling another service with an access token of ours: send it as the header DPoP next
 * to "Authorization: DPoP <token>".  One request, one proof.  nonce: from that service's last
 * DPoP-Nonce header, or NULL.  *out: eid_text_free.  Does not wait. */
EID_API enum eid_code eid_dpop_proof(struct eid_client *client, const char *method, const char *url,
                                     const char *access_token, const char *nonce, char **out,
                                     struct eid_error *err);
/* The thumbprint (RFC 7638) of the key a token is bound to by DPoP; NULL: it is not. */
EID_API const char *eid_token_bound_to(const struct eid_token *token);
/* The proof's half of eid_token_verify_dpop, for a token that eid_token_introspect found active.
 * Does not wait. */
EID_API enum eid_code eid_token_check_proof(struct eid_client *client,
                                            const struct eid_token *token, const char *access_token,
                                            const struct eid_dpop_request *request,
                                            eid_replay_fn *replay, void *arg,
                                            struct eid_error *err);
/* Asks the provider.  EID_TOKEN_INACTIVE when it is not valid now.  A service that was shown the
 * token looks at eid_token_bound_to: bound tokens need eid_token_check_proof as well.  Waits. */
EID_API enum eid_code eid_token_introspect(struct eid_client *client, const char *token,
                                           struct eid_token **out, struct eid_error *err);
/* Revokes an access or refresh token (RFC 7009).  Waits. */
EID_API enum eid_code eid_token_revoke(struct eid_client *client, const char *token,
                                       struct eid_error *err);
EID_API void eid_token_free(struct eid_token *token); /* NULL is fine */

EID_API const char *eid_token_subject(const struct eid_token *token);
/* Who acts for the subject; NULL: the subject itself. */
EID_API const char *eid_token_actor(const struct eid_token *token);
/* A client's own token (client_credentials): it names no person, whatever its subject says. */
EID_API bool eid_token_is_client(const struct eid_token *token);
EID_API const char *eid_token_client_id(const struct eid_token *token);
EID_API const char *eid_token_scope(const struct eid_token *token);
EID_API bool eid_token_has_scope(const struct eid_token *token, const char *scope);
/* From acr: 1, 2 and 1 to 4; 0: not told. */
EID_API int eid_token_account_level(const struct eid_token *token);
EID_API int eid_token_authentication_level(const struct eid_token *token);
EID_API int64_t eid_token_expires_at(const struct eid_token *token);
EID_API const char *eid_token_claim(const struct eid_token *token, const char *name);

struct eid_logout;

/* Checks a logout token the provider posted to our back-channel endpoint.  End the sessions of its
 * sid, or when there is none all sessions of its subject.  jti: remember it until the token expires
 * and refuse it the second time.  Waits when keys are unknown. */
EID_API enum eid_code eid_logout_token_verify(struct eid_client *client, const char *logout_token,
                                              struct eid_logout **out, struct eid_error *err);
EID_API void eid_logout_free(struct eid_logout *logout);
EID_API const char *eid_logout_subject(const struct eid_logout *logout); /* NULL: see sid */
EID_API const char *eid_logout_sid(const struct eid_logout *logout);     /* NULL: see subject */
EID_API const char *eid_logout_jti(const struct eid_logout *logout);
EID_API int64_t eid_logout_expires_at(const struct eid_logout *logout);

#ifdef __cplusplus
}
#endif
#endif
