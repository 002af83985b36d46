/* Keys as the key store knows them: how they are made, sealed, published and signed with.  What the
 * algorithms are is jose's business (jose/alg.h); X25519 for sealed addresses is in key_x25519.c;
 * everything else is random bytes.
 *
 * A private key exists only in here, in the signer's process; it leaves sealed (seal.h) or not at
 * all. */
#ifndef KEYSTORE_KEY_H
#define KEYSTORE_KEY_H
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "jose/jwk.h"
#include "proc/secret.h"

#define KEY_KID_SIZE 16 /* characters: 96 bits of an RFC 7638 thumbprint */
#define KEY_RSA_BITS 2048
#define KEY_SUBJECT_SIZE 64 /* AES-256-SIV takes two keys */
#define KEY_SYMMETRIC_SIZE 32

/* A signing key in memory. */
struct sign_key;
CHECKED enum err sign_key_generate(enum alg alg, struct sign_key **out);
/* From and to PKCS#8 (RFC 5208), which is what gets sealed.  ERR_INPUT for a key of another kind.
 */
CHECKED enum err sign_key_read(enum alg alg, const struct secret *pkcs8, struct sign_key **out);
CHECKED enum err sign_key_write(const struct sign_key *k, struct secret **pkcs8);
void sign_key_free(struct sign_key **k);

/* Public part, bound to its algorithm and kid (KEY_KID_SIZE characters); for jws_verify. */
const struct jwk *sign_key_public(const struct sign_key *k);
/* {"alg":…,"kid":…,"kty":…,"use":"sig",…} as it is published; lives as long as the key. */
struct str sign_key_jwk(const struct sign_key *k);
/* The JWS signature (RFC 7515) over text: r||s for ES256.  ERR_CRYPTO. */
CHECKED enum err sign_key_sign(struct arena *a, const struct sign_key *k, struct str text,
                               struct str *out);
/* RSA: what the signer serves after everything else. */
bool alg_is_slow(enum alg alg);

/* X25519 (RFC 7748), for addresses in the audit. */
CHECKED enum err x25519_generate(struct secret **private_key);
CHECKED enum err x25519_public(const struct secret *private_key, uint8_t out[32]);
CHECKED enum err x25519_jwk(struct arena *a, const struct secret *private_key, struct str *kid,
                            struct str *jwk);
/* kid of a symmetric key: from a hash that tells nothing else about it. */
struct str symmetric_kid(struct arena *a, struct str use, const struct secret *key);

#endif
