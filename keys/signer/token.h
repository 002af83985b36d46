/* Making tokens.  Claims of logout tokens and of the signed key set, which take parts that were
 * written elsewhere, lie in libjwt; those of access and ID tokens are written as text (payload.h,
 * decision 0026).  The signature is ours (jose, with a prepared context and a header that was
 * encoded when the key was loaded).  spec: RFC 7515 §3.1 compact serialisation.
 */
#ifndef SIGNER_TOKEN_H
#define SIGNER_TOKEN_H
#include <jwt.h>

#include "signer/held.h"

/* Marks tokens that name no person, so that they never pass for one's. */
#define TOKEN_KIND_CLAIM "urn:authd:token_kind"
#define TOKEN_KIND_CLIENT "client"

/* A set of claims; freed with the arena. */
CHECKED enum err claims_new(struct arena *a, jwt_t **out);
/* Absent texts are left out.  ERR_INPUT for what is not UTF-8 without NUL. */
CHECKED enum err claims_text(struct arena *a, jwt_t *claims, const char *name, struct str value);
CHECKED enum err claims_number(jwt_t *claims, const char *name, int64_t value);
/* Adds the members of a JSON object, which must not stand there yet. */
CHECKED enum err claims_object(jwt_t *claims, struct arena *a, struct str json_object);

CHECKED enum err token_make(struct arena *a, const struct held_key *key, enum token_type type,
                            jwt_t *claims, struct str *out);
/* The same over claims that are text already. */
CHECKED enum err token_sign(struct arena *a, const struct held_key *key, enum token_type type,
                            struct str payload, struct str *out);

#endif
