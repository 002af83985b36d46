/* Public keys as JSON Web Keys: RFC 7517, RFC 7518 section 6, RFC 8037; thumbprints RFC 7638.
 *
 * EC on P-256, OKP Ed25519, RSA of 2048 to 4096 bits.  Points are checked to lie on their curve.  A
 * key is bound to one algorithm from the moment it is read.  Must not read or write private keys: a
 * JWK with a private member is refused, so that nobody's mistake travels further. */
#ifndef JOSE_JWK_H
#define JOSE_JWK_H
#include <jansson.h>
#include "base/hash.h"
#include "jose/alg.h"

#define JWK_KID_MAX 128

struct jwk {
    EVP_PKEY *key;      /* owned */
    EVP_MD_CTX *verify; /* template, see alg_verify_template; NULL for EdDSA */
    enum alg alg;
    char kid[JWK_KID_MAX + 1]; /* "" when the JWK has none */
};

/* rsa_alg: what an RSA key without "alg" is bound to; ALG_UNSET refuses such keys.
 * ERR_NOT_FOUND: well formed, but not a signature key we know (kty, crv, use, key_ops, alg).
 * ERR_INPUT: malformed, a bad point, a weak or oversized key.  ERR_DENIED: it holds private
 * members. */
CHECKED enum err jwk_read(const json_t *object, enum alg rsa_alg, struct jwk **out);
CHECKED enum err jwk_read_text(struct str text, enum alg rsa_alg, struct jwk **out);
/* Binds a key to alg under kid (STR_NONE for none).  Takes a reference of the key. */
CHECKED enum err jwk_new(EVP_PKEY *key, enum alg alg, struct str kid, struct jwk **out);
void jwk_free(struct jwk *k);

/* The public part of any key: kty, its parameters, use "sig", and alg and kid when given.  A new
 * reference.  ERR_CRYPTO. */
CHECKED enum err jwk_write(const EVP_PKEY *key, enum alg alg, struct str kid, json_t **out);
/* RFC 7638, SHA-256; jwk_thumbprint_text gives its base64url form. */
CHECKED enum err jwk_thumbprint(const EVP_PKEY *key, struct sha256 *out);
CHECKED enum err jwk_thumbprint_text(struct arena *a, const EVP_PKEY *key, struct str *out);

#endif
