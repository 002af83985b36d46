/* Keys as the key store knows them: what they are for, how they are made, sealed, published and signed
 * with.  One file per signature algorithm family (key_ec.c, key_ed.c, key_rsa.c) behind one const table;
 * X25519 for sealed addresses in key_x25519.c; everything else is random bytes.
 *
 * A private key exists only in here, in the signer's process; it leaves sealed (seal.h) or not at all. */
#ifndef KEYSTORE_KEY_H
#define KEYSTORE_KEY_H
#include <openssl/evp.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "proc/secret.h"

#define KEY_KID_SIZE 16         /* characters: 96 bits of an RFC 7638 thumbprint */
#define KEY_SIGNATURE_MAX 512   /* bytes: RSA of up to 4096 bits */
#define KEY_SUBJECT_SIZE 64     /* AES-256-SIV takes two keys */
#define KEY_SYMMETRIC_SIZE 32

/* One signature algorithm of RFC 7518, 8037. */
struct key_kind {
    const char *alg;
    bool slow;        /* RSA: its signatures go after all others */
    bool wide_hash;   /* at_hash takes SHA-512 */
    enum err (*generate)(EVP_PKEY **out);
    /* A context ready to be copied for each signature; NULL in *out where copying is not possible. */
    enum err (*prepare)(EVP_PKEY *pkey, EVP_MD_CTX **out);
    /* The members required by RFC 7638 in lexicographic order, without kid, alg and use. */
    enum err (*thumb_jwk)(struct arena *a, EVP_PKEY *pkey, struct str *out);
    enum err (*sign)(EVP_MD_CTX *prepared, EVP_MD_CTX *scratch, EVP_PKEY *pkey, struct str text,
                     uint8_t out[KEY_SIGNATURE_MAX], size_t *n);
    enum err (*verify)(EVP_MD_CTX *scratch, EVP_PKEY *pkey, struct str text, struct str signature);
};
extern const struct key_kind KEY_ES256, KEY_EDDSA, KEY_PS256, KEY_RS256;
/* NULL when there is none of that name. */
const struct key_kind *key_kind_of(struct str alg);

/* A signing key in memory. */
struct sign_key;
CHECKED enum err sign_key_generate(const struct key_kind *kind, struct sign_key **out);
/* From and to PKCS#8 (RFC 5208), which is what gets sealed.  ERR_INPUT for a key of another kind. */
CHECKED enum err sign_key_read(const struct key_kind *kind, const struct secret *pkcs8,
                               struct sign_key **out);
CHECKED enum err sign_key_write(const struct sign_key *k, struct secret **pkcs8);
void sign_key_free(struct sign_key **k);
const struct key_kind *sign_key_kind(const struct sign_key *k);
const char *sign_key_kid(const struct sign_key *k); /* KEY_KID_SIZE characters and NUL */
/* {"alg":…,"crv":…,"kid":…,…,"use":"sig"}; lives as long as the key.  Never a private member. */
struct str sign_key_jwk(const struct sign_key *k);
/* The JWS signature (RFC 7515) over text: r||s for ES256.  ERR_CRYPTO. */
CHECKED enum err sign_key_sign(const struct sign_key *k, struct str text,
                               uint8_t out[KEY_SIGNATURE_MAX], size_t *n);
/* ERR_DENIED when it is not this key's signature over text. */
CHECKED enum err sign_key_verify(const struct sign_key *k, struct str text, struct str signature);

/* X25519, for addresses in the audit. */
CHECKED enum err x25519_generate(struct secret **private_key);
CHECKED enum err x25519_public(const struct secret *private_key, uint8_t out[32]);
CHECKED enum err x25519_jwk(struct arena *a, const struct secret *private_key, struct str *kid,
                            struct str *jwk);
/* kid of a symmetric key: from a hash that tells nothing else about it. */
struct str symmetric_kid(struct arena *a, struct str use, const struct secret *key);

#endif
