/* Random bytes from libcrypto's generator; failure stops the process (bug()), but for rand_try. */
#ifndef BASE_RAND_H
#define BASE_RAND_H
#include "base/err.h"
#include "base/str.h"
void rand_bytes(void *out, size_t n);
/* ERR_CRYPTO instead, for a library that must not stop the process it is a guest of. */
CHECKED enum err rand_try(void *out, size_t n);
struct str rand_b64(struct arena *a, size_t n); /* base64url of n random bytes */
uint32_t rand_below(uint32_t bound);            /* uniform in [0, bound) */
#endif
