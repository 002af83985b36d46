/* base64url without padding, RFC 4648 section 5 and RFC 7515 section 2; constant time in the data.
 */
#ifndef BASE_B64_H
#define BASE_B64_H
#include "base/err.h"
#include "base/str.h"

#define B64_SIZE(n) (((n)*4 + 2) / 3)
size_t b64_encode(const void *bytes, size_t n, char *out); /* B64_SIZE(n) characters, no NUL */
struct str b64_str(struct arena *a, struct str bytes);
/* Strict: no padding, no other alphabet, no white space, canonical last character.  ERR_INPUT. */
CHECKED enum err b64_decode(struct arena *a, struct str text, struct str *out);
/* Into caller's memory; exactly `n` bytes must come out. */
CHECKED enum err b64_decode_exact(struct str text, void *out, size_t n);
/* The padded standard alphabet of RFC 4648 section 4 (HTTP Basic); strict as well. */
CHECKED enum err b64_decode_std(struct arena *a, struct str text, struct str *out);

#endif
