/* The keys a signer holds: one immutable snapshot per generation of the key store, replaced whole.
 *
 * Rows are not trusted beyond what their sealing proves: public parts are made from the opened
 * private keys, and a key whose kid is not its own is refused.  Which key signs is decided here at
 * each signature by the database's time (rotate_active), not when the row is written. */
#ifndef SIGNER_HELD_H
#define SIGNER_HELD_H
#include "keystore/key.h"
#include "keystore/rotate.h"
#include "keystore/seal.h"
#include "keystore/siv.h"
#include "signer/protocol.h"

/* Types of the tokens we make (RFC 8725 §3.11); each has its header encoded once per key. */
enum token_type { TOKEN_ACCESS, TOKEN_ID, TOKEN_LOGOUT, TOKEN_KEY_SET, TOKEN_TYPE_COUNT };
const char *token_type_name(enum token_type t);

struct held_key {
    enum alg alg;          /* ALG_UNSET for symmetric keys */
    struct sign_key *sign; /* use sign and root */
    struct secret *secret; /* every other use */
    uint32_t version;
    struct str header[TOKEN_TYPE_COUNT]; /* base64url(header) and a dot */
};

struct held_keys {
    struct arena *arena;
    uint64_t generation;
    size_t n;
    struct rotate_key *rows; /* row i belongs to key i */
    struct held_key *keys;
    struct proof_key *proofs; /* in locked memory; [0] is the active one */
    size_t n_proofs;
    const struct held_key *root, *subject, *handle, *audit;
    const struct held_key *next_root; /* NULL: none is made */
    struct siv *sub_names; /* has the subject key */
    struct secret *sid_key;
    uint8_t audit_public[32];
    struct str jwks, revoked_kids;
    struct str retired_jwks; /* public parts as the rows hold them: for old id_token_hints only */
};

/* ERR_NOT_FOUND: under another master key; ERR_DENIED: tampered; both name the kid. */
CHECKED enum err held_keys_open(const struct signer_load_keys *load,
                                const struct wrap_ring *signers, const struct wrap_ring *verifiers,
                                struct held_keys **out);
void held_keys_free(struct held_keys **keys);
/* The key of `alg` that signs now.  ERR_UNAVAILABLE when there is none. */
CHECKED enum err held_signing(const struct held_keys *k, enum alg alg, int64_t now,
                              const struct held_key **out);
/* A signing key that tokens may stand under: published and not revoked.  NULL: none. */
const struct held_key *held_published(const struct held_keys *k, struct str kid);

#endif
