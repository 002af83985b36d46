/* AES-256-GCM over whole buffers: nonce[12] | ciphertext | tag[16], the nonce random, or counted
 * where the key is one that this process made for itself.
 *
 * With random nonces one key may seal at most 2^32 messages (NIST SP 800-38D §8.3); every key here
 * seals far fewer: a wrapping key some thousand keys, an identity's key one person's documents. */
#ifndef KEYSTORE_GCM_H
#define KEYSTORE_GCM_H
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define GCM_KEY 32
#define GCM_NONCE 12
#define GCM_TAG 16
#define GCM_OVERHEAD (GCM_NONCE + GCM_TAG)

/* Writes GCM_OVERHEAD + plain.n bytes to out.  ERR_CRYPTO. */
CHECKED enum err gcm_seal(const uint8_t key[GCM_KEY], struct str aad, struct str plain,
                          uint8_t *out);
/* Writes sealed.n - GCM_OVERHEAD bytes to out; wipes them again and answers ERR_DENIED when key,
 * associated data or bytes do not fit; ERR_INPUT when too short. */
CHECKED enum err gcm_open(const uint8_t key[GCM_KEY], struct str aad, struct str sealed,
                          uint8_t *out);

/* A key that nobody else seals with, for many small things: its schedule is made once, and nonces
 * are counted (NIST SP 800-38D §8.2.1), because drawing one costs as much as sealing.  Must not be
 * made twice of the same key.  gcm_open opens what it sealed. */
struct gcm_sender;
CHECKED enum err gcm_sender_new(const uint8_t key[GCM_KEY], struct gcm_sender **out);
void gcm_sender_free(struct gcm_sender **s); /* NULL is fine; sets it to NULL */
CHECKED enum err gcm_sender_seal(struct gcm_sender *s, struct str aad, struct str plain,
                                 uint8_t *out);

#endif
