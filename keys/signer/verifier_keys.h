/* What a verifier holds of the key store: pepper, proof and look-up keys, opened with the
 * verifiers' wrapping key (verifier_hello).  Rows come from the view keystore_verifier. */
#ifndef SIGNER_VERIFIER_KEYS_H
#define SIGNER_VERIFIER_KEYS_H
#include "signer/proof.h"

struct verifier_key_row {
    struct str kid, use,
        state; /* "pepper", "proof", "lookup"; "next", "active", "retiring", "retired" */
    struct str sealed;
    uint32_t version;
};
struct verifier_keys;

/* Builds a whole new set; the caller swaps and frees the old one.  ERR_NOT_FOUND when there is no
 * active pepper or proof key, or the rows wait for another master key; ERR_DENIED for tampered
 * rows. */
CHECKED enum err verifier_keys_open(struct str verifier_key, struct str verifier_key_previous,
                                    const struct verifier_key_row *rows, size_t n,
                                    struct verifier_keys **out);
void verifier_keys_free(struct verifier_keys **k);

/* Seals a session proof with the active proof key. */
struct str verifier_proof_seal(struct arena *a, const struct verifier_keys *k,
                               const struct proof *p);
CHECKED enum err verifier_proof_open(struct arena *a, const struct verifier_keys *k,
                                     struct str sealed, int64_t now, struct proof *out);

/* HMAC-SHA256(pepper, password): what Argon2id gets.  version 0 asks for the active pepper, *used
 * says which it was.  ERR_NOT_FOUND for a version that is gone.  Wipe *out after use. */
CHECKED enum err verifier_pepper(const struct verifier_keys *k, uint32_t version,
                                 struct str password, uint32_t *used, struct sha256 *out);

/* One digest per look-up key, active first. */
struct lookup_entry {
    uint32_t version;
    struct sha256 digest;
};
#define LOOKUP_KEYS_MAX 8
size_t verifier_lookup(const struct verifier_keys *k, struct str kind, struct str value,
                       struct lookup_entry out[LOOKUP_KEYS_MAX]);

#endif
