/* Keys of the service itself: for client authentication without a shared secret (private_key_jwt,
 * RFC 7523) and for binding tokens (DPoP, RFC 9449).  A key is text: PEM (PKCS#8) or a private JWK,
 * not encrypted; keep it where only the service can read it.
 *
 *   eid_key_new(NULL, &key, &err);                  once; keep it in a file of mode 0600
 *   eid_key_public_jwks(&key, 1, &jwks, &err);      register this with the provider
 *   eid_client_set_key(client, key, &err);          at every start
 *
 * Turning over: make a new key, register both ({new, old}), give the handles the new one, then
 * register {new} alone.  Nobody is ever without a key the provider knows. */
#ifndef EID_KEY_H
#define EID_KEY_H
#include <stddef.h>
#include "eid/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eid_client;

/* alg: "ES256" (NULL is the same), "EdDSA" or "PS256".  *out: PEM, a secret; eid_text_free. */
EID_API enum eid_code eid_key_new(const char *alg, char **out, struct eid_error *err);
/* The public halves as a JWK set; kid is each key's own or its RFC 7638 thumbprint.  *out:
 * eid_text_free.  EID_BAD_ARGUMENT when a text is no such key. */
EID_API enum eid_code eid_key_public_jwks(const char *const *keys, size_t n, char **out,
                                          struct eid_error *err);

/* The handle authenticates with this key from now on (private_key_jwt), with a secret or without:
 * a provider that does not offer it is refused with EID_NOT_OFFERED, not answered with the secret.
 * EID_TOKEN_AUTH overrides.  NULL takes the key away. */
EID_API enum eid_code eid_client_set_key(struct eid_client *client, const char *key,
                                         struct eid_error *err);
/* Tokens are bound to this key (DPoP).  Without it the handle derives one from its transaction key:
 * the same on all machines that share that.  NULL goes back to it. */
EID_API enum eid_code eid_client_set_dpop_key(struct eid_client *client, const char *key,
                                              struct eid_error *err);

#ifdef __cplusplus
}
#endif
#endif
