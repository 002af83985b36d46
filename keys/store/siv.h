/* AES-256-SIV (RFC 5297) with one key for many short things: deterministic, so that the same thing
 * has the same name each time.  The key schedule is made once; setting it costs three times what
 * sealing sixteen bytes does. */
#ifndef KEYSTORE_SIV_H
#define KEYSTORE_SIV_H
#include "base/err.h"
#include "base/str.h"

#define SIV_KEY 64
#define SIV_TAG 16

struct siv;
/* Copies the key.  ERR_NO_MEMORY, ERR_CRYPTO. */
CHECKED enum err siv_new(const uint8_t key[SIV_KEY], struct siv **out);
void siv_free(struct siv **s); /* NULL is fine; wipes the key schedule, sets it to NULL */
/* Writes tag and ciphertext, SIV_TAG + plain.n bytes.  `aad` may not be empty: libcrypto before
 * 3.0.10 left empty associated data out (CVE-2023-2975).  ERR_INPUT, ERR_CRYPTO. */
CHECKED enum err siv_seal(const struct siv *s, struct str aad, struct str plain, uint8_t *out);

#endif
