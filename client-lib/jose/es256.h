/* The two forms of an ECDSA signature on P-256: r||s of exactly 64 bytes on the wire of JOSE, and
 * the DER sequence libcrypto speaks. */
#ifndef JOSE_ES256_H
#define JOSE_ES256_H
#include "base/err.h"
#include "base/str.h"

#define ES256_SIZE 64
#define ES256_DER_MAX 72

/* Returns the number of bytes written to out[ES256_DER_MAX]. */
size_t es256_to_der(const uint8_t raw[ES256_SIZE], uint8_t *out);
/* Strict DER only.  ERR_CRYPTO. */
CHECKED enum err es256_from_der(struct str der, uint8_t out[ES256_SIZE]);

#endif
