/* Opening of the rows that verifiers may open; see verifier_keys.h. */
#include "signer/verifier_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "keystore/key.h"
#include "keystore/lookup.h"
#include "keystore/seal.h"

#define PROOFS_MAX 8
#define PEPPERS_MAX 16

struct versioned {
    struct secret *key;
    uint32_t version;
};
/* [0] of each is the active one. */
struct verifier_keys {
    struct secret *proofs; /* an array of struct proof_key in locked memory */
    size_t n_proofs;
    struct versioned peppers[PEPPERS_MAX], lookups[LOOKUP_KEYS_MAX];
    size_t n_peppers, n_lookups;
};

static const struct proof_key *proofs_of(const struct verifier_keys *k)
{
    return (const struct proof_key *)(const void *)secret_bytes(k->proofs);
}

static enum err add_versioned(struct versioned *to, size_t max, size_t *n, uint32_t version,
                              struct secret **key)
{
    if (*n == max) {
        return fail(ERR_LIMIT, "verifier keys: too many of one use");
    }
    to[(*n)++] = (struct versioned){.key = *key, .version = version};
    *key = NULL;
    return OK;
}

static enum err add_row(struct arena *a, const struct wrap_ring *ring,
                        const struct verifier_key_row *row, struct proof_key *proofs,
                        struct verifier_keys *k)
{
    struct secret *key = NULL;
    enum err e = wrap_open(ring, wrap_context(a, row->use, row->kid), row->sealed, &key);
    if (e != OK) {
        return e;
    }
    if (secret_size(key) != KEY_SYMMETRIC_SIZE ||
        !str_eq(row->kid, symmetric_kid(a, row->use, key))) {
        e = fail(ERR_DENIED, "verifier keys: a row's kid is not its key's");
    } else if (str_eqz(row->use, "pepper")) {
        e = add_versioned(k->peppers, PEPPERS_MAX, &k->n_peppers, row->version, &key);
    } else if (str_eqz(row->use, "lookup")) {
        e = add_versioned(k->lookups, LOOKUP_KEYS_MAX, &k->n_lookups, row->version, &key);
    } else if (k->n_proofs == PROOFS_MAX) {
        e = fail(ERR_LIMIT, "verifier keys: too many of one use");
    } else {
        struct proof_key *to = &proofs[k->n_proofs++];
        memcpy(to->kid, row->kid.p, KEY_KID_SIZE);
        memcpy(to->key, secret_bytes(key), sizeof to->key);
    }
    secret_free(&key);
    return e;
}

static bool wanted(const struct verifier_key_row *row)
{
    /* A retired proof key proves nothing any more; retired peppers and look-up keys still open old
     * rows. */
    bool proof = str_eqz(row->use, "proof") && !str_eqz(row->state, "retired");
    return str_is(row->sealed) && !str_eqz(row->state, "revoked") &&
           (proof || str_eqz(row->use, "pepper") || str_eqz(row->use, "lookup"));
}

static enum err open_rows(struct arena *a, const struct wrap_ring *ring,
                          const struct verifier_key_row *rows, size_t n, struct proof_key *proofs,
                          struct verifier_keys *k)
{
    bool active_proof = false, active_pepper = false;
    for (int active = 1; active >= 0; active--) {
        for (size_t i = 0; i < n; i++) {
            if (str_eqz(rows[i].state, "active") != active || !wanted(&rows[i])) {
                continue;
            }
            TRY(add_row(a, ring, &rows[i], proofs, k));
        }
        if (active) {
            active_proof = k->n_proofs > 0;
            active_pepper = k->n_peppers > 0;
        }
    }
    return active_proof && active_pepper
               ? OK
               : fail(ERR_NOT_FOUND, "verifier keys: no active pepper or proof key");
}

enum err verifier_keys_open(struct str verifier_key, struct str verifier_key_previous,
                            const struct verifier_key_row *rows, size_t n,
                            struct verifier_keys **out)
{
    static const struct proof_key none[PROOFS_MAX];
    struct wrap_ring *ring = NULL;
    struct arena *a = arena_new(0);
    struct verifier_keys *k = calloc(1, sizeof *k);
    enum err e = a == NULL || k == NULL ? fail(ERR_NO_MEMORY, "verifier keys: no memory") : OK;
    if (e != OK) {
        goto out;
    }
    e = wrap_ring_new(verifier_key, verifier_key_previous, &ring);
    if (e != OK) {
        goto out;
    }
    e = secret_new(none, sizeof none, &k->proofs);
    if (e != OK) {
        goto out;
    }
    /* the memory is ours and still being filled */
    e = open_rows(a, ring, rows, n, (struct proof_key *)(uintptr_t)proofs_of(k), k);
    if (e != OK) {
        goto out;
    }
    *out = k;
    k = NULL;
out:
    wrap_ring_free(&ring);
    verifier_keys_free(&k);
    arena_free(a);
    return e;
}

void verifier_keys_free(struct verifier_keys **keys)
{
    struct verifier_keys *k = *keys;
    if (k == NULL) {
        return;
    }
    secret_free(&k->proofs);
    for (size_t i = 0; i < k->n_peppers; i++) {
        secret_free(&k->peppers[i].key);
    }
    for (size_t i = 0; i < k->n_lookups; i++) {
        secret_free(&k->lookups[i].key);
    }
    free(k);
    *keys = NULL;
}

struct str verifier_proof_seal(struct arena *a, const struct verifier_keys *k,
                               const struct proof *p)
{
    return proof_seal(a, proofs_of(k), p);
}

enum err verifier_proof_open(struct arena *a, const struct verifier_keys *k, struct str sealed,
                             int64_t now, struct proof *out)
{
    return proof_open(a, proofs_of(k), k->n_proofs, sealed, now, out);
}

enum err verifier_pepper(const struct verifier_keys *k, uint32_t version, struct str password,
                         uint32_t *used, struct sha256 *out)
{
    for (size_t i = 0; i < k->n_peppers; i++) {
        const struct versioned *v = &k->peppers[i];
        if (version == 0 || v->version == version) {
            *used = v->version;
            *out = hmac_sha256(secret_bytes(v->key), secret_size(v->key), password);
            return OK;
        }
    }
    return fail(ERR_NOT_FOUND, "pepper: version %u is gone", (unsigned)version);
}

size_t verifier_lookup(const struct verifier_keys *k, struct str kind, struct str value,
                       struct lookup_entry out[LOOKUP_KEYS_MAX])
{
    for (size_t i = 0; i < k->n_lookups; i++) {
        out[i] = (struct lookup_entry){.version = k->lookups[i].version,
                                       .digest = lookup_digest(k->lookups[i].key, kind, value)};
    }
    return k->n_lookups;
}
