/* Handles: the opaque bearer values people and portals hold (cookies, codes, refresh tokens).
 *
 *   handle = base64url( secret[32] | masked bucket[2] )          46 characters
 *
 * The bucket tells the store where the row is; it is masked with 12 bits of HMAC(handle key,
 * secret), so that portals can't correlate people by it.  The database holds SHA-256(secret) only.
 */
#ifndef SIGNER_HANDLE_H
#define SIGNER_HANDLE_H
#include "signer/proof.h"

#define HANDLE_SECRET 32
#define HANDLE_TEXT 46
#define BUCKETS 4096

struct handle {
    uint8_t secret[HANDLE_SECRET];
    struct sha256 hash; /* of the secret: the row's key, and the bearer a proof names */
    uint16_t bucket;
};
/* Makes the rest from `secret` (random when NULL). */
void handle_make(const void *secret, uint16_t bucket, struct handle *out);
struct str handle_text(struct arena *a, const uint8_t key[32], const struct handle *h);
/* ERR_INPUT for anything that is not exactly a handle. */
CHECKED enum err handle_read(const uint8_t key[32], struct str text, struct handle *out);
/* The jti of our access tokens: base64url( random[12] | masked bucket[2] | grant id[16] ), 40
 * characters.  The random part makes it another one each time and is no secret, so that it is drawn
 * for many at once; `from` begins as zeros and belongs to one process. */
#define JTI_RANDOM 12
#define JTI_AT_A_TIME 32
struct jti_random {
    size_t n; /* not used yet */
    uint8_t spare[JTI_AT_A_TIME][JTI_RANDOM];
};
struct str jti_text(struct arena *a, struct jti_random *from, const uint8_t key[32],
                    uint16_t bucket, const struct uuid *grant);
CHECKED enum err jti_read(const uint8_t key[32], struct str text, uint16_t *bucket,
                          struct uuid *grant);
/* Bucket of an identity: the first 12 bits of its id. */
uint16_t bucket_of(const struct uuid *id);
void uuid_random(struct uuid *out);                       /* version 4 marked */
void uuid_mark_random(struct uuid *out);                  /* marks random bytes as that */
void uuid_mark_bucket(struct uuid *out, uint16_t bucket); /* an id of that bucket */
CHECKED enum err uuid_read(struct str text, struct uuid *out);
struct str uuid_text(struct arena *a, const struct uuid *u);

#endif
