/* Signature algorithms: a closed list (RFC 7518 section 3.1, RFC 8037).  "none" and the symmetric
 * algorithms do not exist here; there is no way to name them. */
#ifndef JOSE_ALG_H
#define JOSE_ALG_H
#include <openssl/evp.h>
#include "base/err.h"
#include "base/str.h"

enum alg {
    ALG_UNSET = 0, /* no algorithm; nothing signs or verifies with it */
    ALG_ES256,     /* ECDSA on P-256 with SHA-256 */
    ALG_EDDSA,     /* Ed25519 */
    ALG_PS256,     /* RSASSA-PSS, SHA-256, MGF1 with SHA-256, salt of 32 bytes */
    ALG_RS256,     /* RSASSA-PKCS1-v1_5 with SHA-256 */
    ALG_END
};

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096

/* By its exact name (names are case sensitive, RFC 7515 section 4.1.1).  false for anything else.
 */
bool alg_from_name(struct str name, enum alg *out);
/* "ES256", …; "" for ALG_UNSET. */
const char *alg_name(enum alg alg);
/* Is this a key that may be used with alg: type, curve, size? */
bool alg_fits(enum alg alg, const EVP_PKEY *key);
/* A new private key for alg; RSA keys have `rsa_bits` bits.  The caller frees it.  ERR_CRYPTO. */
CHECKED enum err alg_key_new(enum alg alg, unsigned rsa_bits, EVP_PKEY **out);

/* Contexts prepared once and copied for each operation, because preparing costs more than copying.
 * *out is NULL for EdDSA, which has nothing to prepare.  The caller frees it with EVP_MD_CTX_free;
 * the key stays alive as long as the template does.  A template is only read from: threads may
 * share it. */
CHECKED enum err alg_sign_template(enum alg alg, EVP_PKEY *key, EVP_MD_CTX **out);
CHECKED enum err alg_verify_template(enum alg alg, EVP_PKEY *key, EVP_MD_CTX **out);

#endif
