/* Wrapping of keys under the two keys derived from the master key; see seal.h. */
#include "keystore/seal.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/ct.h"
#include "base/hash.h"
#include "keystore/gcm.h"
#include "proc/wire.h"

#define WRAP_VERSION 1
#define HEAD (1 + WRAP_KID_SIZE)
#define PLAIN_MAX ((size_t)4096)

struct wrap_key {
    struct secret *key;
    uint8_t kid[WRAP_KID_SIZE];
};
struct wrap_ring {
    struct wrap_key present, previous; /* previous.key may be NULL */
};

enum wrap_for wrap_for_use(struct str use)
{
    bool both = str_eqz(use, "pepper") || str_eqz(use, "proof") || str_eqz(use, "lookup");
    return both ? WRAP_FOR_VERIFIERS : WRAP_FOR_SIGNERS;
}

void wrap_key_derive(const void *master, enum wrap_for readers, uint8_t out[32])
{
    struct str info =
        readers == WRAP_FOR_VERIFIERS ? STR("authd verifier keys v1") : STR("authd signer keys v1");
    hkdf_sha256(master, MASTER_KEY_SIZE, info, out, 32);
}

static enum err wrap_key_set(struct str derived, struct wrap_key *out)
{
    if (derived.n != GCM_KEY) {
        return fail(ERR_INPUT, "master key: %zu bytes instead of %d", derived.n, GCM_KEY);
    }
    enum err e = secret_new(derived.p, derived.n, &out->key);
    if (e != OK) {
        return e;
    }
    struct sha256 name = hmac_sha256(derived.p, derived.n, STR("authd wrapping kid v1"));
    name = sha256(sha256_str(&name));
    memcpy(out->kid, name.b, WRAP_KID_SIZE);
    return OK;
}

enum err wrap_ring_new(struct str present, struct str previous, struct wrap_ring **out)
{
    struct wrap_ring *ring = calloc(1, sizeof *ring);
    if (ring == NULL) {
        return fail(ERR_NO_MEMORY, "seal: no memory");
    }
    enum err e = wrap_key_set(present, &ring->present);
    if (e == OK && str_is(previous)) {
        e = wrap_key_set(previous, &ring->previous);
    }
    if (e != OK) {
        wrap_ring_free(&ring);
        return e;
    }
    *out = ring;
    return OK;
}

enum err wrap_ring_of_master(struct str master, struct str previous, enum wrap_for readers,
                             struct wrap_ring **out)
{
    if (master.n != MASTER_KEY_SIZE || (str_is(previous) && previous.n != MASTER_KEY_SIZE)) {
        return fail(ERR_INPUT, "master key: not %d bytes", MASTER_KEY_SIZE);
    }
    uint8_t keys[2][32];
    wrap_key_derive(master.p, readers, keys[0]);
    if (str_is(previous)) {
        wrap_key_derive(previous.p, readers, keys[1]);
    }
    enum err e =
        wrap_ring_new(str_of(keys[0], 32), str_is(previous) ? str_of(keys[1], 32) : STR_NONE, out);
    ct_wipe(keys, sizeof keys);
    return e;
}

void wrap_ring_free(struct wrap_ring **ring)
{
    if (*ring != NULL) {
        secret_free(&(*ring)->present.key);
        secret_free(&(*ring)->previous.key);
        free(*ring);
        *ring = NULL;
    }
}

struct str wrap_context(struct arena *a, struct str use, struct str id)
{
    struct buf b = buf_in(a);
    wire_put_str(&b, use);
    wire_put_str(&b, id);
    return buf_str(&b);
}

enum err wrap_seal(struct arena *a, const struct wrap_ring *ring, struct str context,
                   struct str plain, struct str *out)
{
    if (plain.n > PLAIN_MAX) {
        return fail(ERR_LIMIT, "seal: %zu bytes are no key", plain.n);
    }
    size_t n = WRAP_OVERHEAD + plain.n;
    uint8_t *to = arena_alloc(a, n);
    to[0] = WRAP_VERSION;
    memcpy(to + 1, ring->present.kid, WRAP_KID_SIZE);
    TRY(gcm_seal(secret_bytes(ring->present.key), context, plain, to + HEAD));
    *out = str_of(to, n);
    return OK;
}

/* NULL: of a form or under a key that we don't have. */
static const struct wrap_key *key_of(const struct wrap_ring *ring, struct str wrapped)
{
    if (wrapped.n < WRAP_OVERHEAD || wrapped.p[0] != WRAP_VERSION) {
        return NULL;
    }
    if (memcmp(wrapped.p + 1, ring->present.kid, WRAP_KID_SIZE) == 0) {
        return &ring->present;
    }
    if (ring->previous.key != NULL &&
        memcmp(wrapped.p + 1, ring->previous.kid, WRAP_KID_SIZE) == 0) {
        return &ring->previous;
    }
    return NULL;
}

enum err wrap_open(const struct wrap_ring *ring, struct str context, struct str wrapped,
                   struct secret **out)
{
    if (wrapped.n <= WRAP_OVERHEAD || wrapped.n > WRAP_OVERHEAD + PLAIN_MAX) {
        return fail(ERR_INPUT, "seal: %zu bytes are no wrapped key", wrapped.n);
    }
    const struct wrap_key *k = key_of(ring, wrapped);
    if (k == NULL) {
        return fail(ERR_NOT_FOUND, "seal: wrapped under a master key that is not configured");
    }
    uint8_t plain[PLAIN_MAX];
    size_t n = wrapped.n - WRAP_OVERHEAD;
    enum err e =
        gcm_open(secret_bytes(k->key), context, str_of(wrapped.p + HEAD, wrapped.n - HEAD), plain);
    if (e == OK) {
        e = secret_new(plain, n, out);
    }
    ct_wipe(plain, n);
    return e;
}

enum err wrap_again(struct arena *a, const struct wrap_ring *ring, struct str context,
                    struct str wrapped, struct str *out)
{
    struct secret *key = NULL;
    enum err e = wrap_open(ring, context, wrapped, &key);
    if (e == OK) {
        e = wrap_seal(a, ring, context, str_of(secret_bytes(key), secret_size(key)), out);
    }
    secret_free(&key);
    return e;
}

bool wrap_is_present(const struct wrap_ring *ring, struct str wrapped)
{
    return key_of(ring, wrapped) == &ring->present;
}
