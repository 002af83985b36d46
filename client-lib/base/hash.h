/* SHA-256, HMAC and HKDF over libcrypto, without contexts to manage. */
#ifndef BASE_HASH_H
#define BASE_HASH_H
#include "base/err.h"
#include "base/str.h"
#define SHA256_SIZE 32
struct sha256 {
    uint8_t b[SHA256_SIZE];
};
struct sha256 sha256(struct str bytes);
/* ERR_CRYPTO instead of stopping the process, when libcrypto has no memory. */
CHECKED enum err sha256_try(struct str bytes, struct sha256 *out);
struct sha256 hmac_sha256(const void *key, size_t key_size, struct str bytes);
/* HKDF-SHA256 (RFC 5869) with an empty salt; out of at most 255*32 bytes. */
CHECKED enum err hkdf_sha256_try(const void *key, size_t key_size, struct str info, void *out,
                                 size_t n);
void hkdf_sha256(const void *key, size_t key_size, struct str info, void *out, size_t n);
struct str sha256_str(const struct sha256 *h);
#endif
