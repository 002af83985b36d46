/* Handles, jti and ids; see handle.h.  The mask hides the bucket from whoever holds handles of many
 * people; it is no secret's protection and may be short. */
#include "signer/handle.h"

#include <string.h>

#include "base/arena.h"
#include "base/b64.h"
#include "base/hex.h"
#include "base/rand.h"

#define JTI_SIZE (JTI_RANDOM + 2 + UUID_SIZE)
#define JTI_TEXT 40
#define BUCKET_MASK (BUCKETS - 1)

static uint16_t mask(const uint8_t key[32], const uint8_t *random, size_t n)
{
    struct sha256 h = hmac_sha256(key, 32, str_of(random, n));
    return (uint16_t)(((unsigned)h.b[0] << 8 | h.b[1]) & BUCKET_MASK);
}

static void put_bucket(uint8_t out[2], unsigned bucket)
{
    out[0] = (uint8_t)(bucket >> 8);
    out[1] = (uint8_t)bucket;
}

/* spec: RFC 6749 §10.10 MUST NOT be guessed: 256 random bits */
void handle_make(const void *secret, uint16_t bucket, struct handle *out)
{
    if (secret == NULL) {
        rand_bytes(out->secret, HANDLE_SECRET);
    } else {
        memcpy(out->secret, secret, HANDLE_SECRET);
    }
    out->hash = sha256(str_of(out->secret, HANDLE_SECRET));
    out->bucket = bucket & BUCKET_MASK;
}

struct str handle_text(struct arena *a, const uint8_t key[32], const struct handle *h)
{
    uint8_t bytes[HANDLE_SECRET + 2];
    memcpy(bytes, h->secret, HANDLE_SECRET);
    put_bucket(bytes + HANDLE_SECRET, h->bucket ^ mask(key, h->secret, HANDLE_SECRET));
    return b64_str(a, str_of(bytes, sizeof bytes));
}

enum err handle_read(const uint8_t key[32], struct str text, struct handle *out)
{
    uint8_t bytes[HANDLE_SECRET + 2];
    if (text.n != HANDLE_TEXT || b64_decode_exact(text, bytes, sizeof bytes) != OK) {
        return fail(ERR_INPUT, "handle: not %d characters of base64url", HANDLE_TEXT);
    }
    unsigned bucket = (unsigned)bytes[HANDLE_SECRET] << 8 | bytes[HANDLE_SECRET + 1];
    if (bucket > BUCKET_MASK) {
        return fail(ERR_INPUT, "handle: no such bucket");
    }
    handle_make(bytes, (uint16_t)(bucket ^ mask(key, bytes, HANDLE_SECRET)), out);
    return OK;
}

/* libcrypto takes as long for one as for many. */
static void jti_random_take(struct jti_random *from, uint8_t out[JTI_RANDOM])
{
    if (from->n == 0) {
        rand_bytes(from->spare, sizeof from->spare);
        from->n = JTI_AT_A_TIME;
    }
    memcpy(out, from->spare[--from->n], JTI_RANDOM);
}

struct str jti_text(struct arena *a, struct jti_random *from, const uint8_t key[32],
                    uint16_t bucket, const struct uuid *grant)
{
    uint8_t bytes[JTI_SIZE];
    jti_random_take(from, bytes);
    put_bucket(bytes + JTI_RANDOM, (bucket & BUCKET_MASK) ^ mask(key, bytes, JTI_RANDOM));
    memcpy(bytes + JTI_RANDOM + 2, grant->b, UUID_SIZE);
    return b64_str(a, str_of(bytes, sizeof bytes));
}

enum err jti_read(const uint8_t key[32], struct str text, uint16_t *bucket, struct uuid *grant)
{
    uint8_t bytes[JTI_SIZE];
    if (text.n != JTI_TEXT || b64_decode_exact(text, bytes, sizeof bytes) != OK) {
        return fail(ERR_INPUT, "jti: not %d characters of base64url", JTI_TEXT);
    }
    unsigned masked = (unsigned)bytes[JTI_RANDOM] << 8 | bytes[JTI_RANDOM + 1];
    if (masked > BUCKET_MASK) {
        return fail(ERR_INPUT, "jti: no such bucket");
    }
    *bucket = (uint16_t)(masked ^ mask(key, bytes, JTI_RANDOM));
    memcpy(grant->b, bytes + JTI_RANDOM + 2, UUID_SIZE);
    return OK;
}

uint16_t bucket_of(const struct uuid *id)
{
    return (uint16_t)((unsigned)id->b[0] << 4 | id->b[1] >> 4);
}

/* spec: RFC 9562 §5.4: version 4, variant 10 */
void uuid_random(struct uuid *out)
{
    rand_bytes(out->b, UUID_SIZE);
    uuid_mark_random(out);
}

void uuid_mark_random(struct uuid *out)
{
    out->b[6] = (uint8_t)((out->b[6] & 0x0f) | 0x40);
    out->b[8] = (uint8_t)((out->b[8] & 0x3f) | 0x80);
}

void uuid_mark_bucket(struct uuid *out, uint16_t bucket)
{
    out->b[0] = (uint8_t)((bucket & BUCKET_MASK) >> 4);
    out->b[1] = (uint8_t)((bucket << 4 & 0xf0) | (out->b[1] & 0x0f));
}

enum err uuid_read(struct str text, struct uuid *out)
{
    struct uuid u;
    size_t at = 0;
    if (text.n != 36) {
        return fail(ERR_INPUT, "uuid: not 36 characters");
    }
    for (size_t i = 0; i < UUID_SIZE; i++) {
        if ((at == 8 || at == 13 || at == 18 || at == 23) && text.p[at++] != '-') {
            return fail(ERR_INPUT, "uuid: not 8-4-4-4-12 digits");
        }
        int byte = hex_byte(text, at);
        if (byte < 0) {
            return fail(ERR_INPUT, "uuid: not hexadecimal");
        }
        u.b[i] = (uint8_t)byte;
        at += 2;
    }
    *out = u;
    return OK;
}

struct str uuid_text(struct arena *a, const struct uuid *u)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(a, 37);
    size_t at = 0;
    for (size_t i = 0; i < UUID_SIZE; i++) {
        if (at == 8 || at == 13 || at == 18 || at == 23) {
            text[at++] = '-';
        }
        text[at++] = digits[u->b[i] >> 4];
        text[at++] = digits[u->b[i] & 15];
    }
    return str_of(text, at);
}
