/* What one verifier process holds, inside the room. */
#ifndef VERIFIER_VERIFIER_H
#define VERIFIER_VERIFIER_H
#include "config/config.h"
#include "peer/verifier_client.h"
#include "proc/secret.h"
#include "signer/verifier_keys.h"
#include "keystore/seal.h"
#include "store/credential.h"
#include "verifier/blocklist.h"
#include "verifier/giving_way.h"
#include "verifier/hasher.h"

struct verifier {
    const struct config *config;
    struct vault *vault;
    struct hasher *hasher;
    struct giving_way way;
    struct verifier_keys *keys;                  /* NULL until the key store has some */
    int64_t keys_read_ms;                        /* monotonic */
    struct secret *wrapping, *wrapping_previous; /* previous may be NULL */
    struct wrap_ring *ring;                      /* of both */
    struct blocklist *listed;                    /* the operator's; NULL: none */
};

/* Present keys: read again when older than ten seconds, or than half a second when one that we do
 * not know is named (must).  ERR_UNAVAILABLE while there are none. */
CHECKED enum err verifier_keys_refresh(struct arena *a, struct verifier *v, bool must);
/* Argon2id's parameters as configured. */
struct phc_cost verifier_cost(const struct config *c);

/* A password's verifier string under the active pepper, with parameters as configured. */
CHECKED enum err password_hash_new(struct arena *a, struct verifier *v, struct str password,
                                   struct str *out, uint32_t *pepper);
/* Digests under which the account of a personal number may stand; how many. */
size_t number_digests(const struct verifier *v, struct str number,
                      uint32_t versions[LOOKUP_KEYS_MAX], uint8_t digests[LOOKUP_KEYS_MAX][32]);
/* One Argon2id run: is this (normalised) the account's password, and may it be used?  Neither
 * throttled nor written down here. */
CHECKED enum err password_verify(struct arena *a, struct verifier *v,
                                 const struct vault_account *account, struct str password,
                                 bool *out);
/* A login proof for a session that begins now. */
struct session_wish {
    struct sha256 bearer;
    struct uuid subject, session;
    uint8_t account_level;
    uint32_t generation; /* of what the login was judged by */
    int64_t expires_at;  /* an upper bound */
};
void session_prove(struct arena *a, struct verifier *v, const struct session_wish *in,
                   struct verifier_answer *out);
/* One-time codes (one_time_code.c) and the password set with one or changed (change.c). */
CHECKED enum err code_make(struct arena *a, struct verifier *v, const struct verifier_make_code *in,
                           struct verifier_made_code *out);
CHECKED enum err code_check(struct arena *a, struct verifier *v, const struct verifier_code *in,
                            struct verifier_answer *out);
CHECKED enum err first_password(struct arena *a, struct verifier *v,
                                const struct verifier_first_password *in,
                                struct verifier_changed *out);
CHECKED enum err change_password(struct arena *a, struct verifier *v,
                                 const struct verifier_change_password *in,
                                 struct verifier_changed *out);
/* Who asks is somebody who has a session and knows the present password, judged as at a login
 * (change.c).  out->outcome CHANGE_DONE: it is right, and *who and *account are theirs. */
struct present {
    struct str session_proof, secret; /* of the session */
    struct str current, address, address_sealed;
    const uint8_t *request_id; /* 16 bytes */
};
CHECKED enum err present_check(struct arena *a, struct verifier *v, const struct present *in,
                               struct proof *who, struct vault_account *account,
                               struct verifier_changed *out);
/* ERR_DENIED for what a verifier never made, or made for another browser. */
CHECKED enum err present_proof(struct arena *a, const struct verifier *v, enum proof_kind kind,
                               struct str sealed, struct str secret, struct proof *out);
/* The person's own account (own_account.c). */
CHECKED enum err own_lock(struct arena *a, struct verifier *v, const struct verifier_lock *in,
                          struct verifier_changed *out);
CHECKED enum err own_history(struct arena *a, struct verifier *v, const struct verifier_history *in,
                             struct verifier_history_told *out);
/* Judges one attempt.  Anything but OK means that nothing is known: the person may try again. */
CHECKED enum err password_check(struct arena *a, struct verifier *v,
                                const struct verifier_password *in, struct verifier_answer *out);
/* ERR_INPUT with the cure when the password can't be one. */
CHECKED enum err password_set(struct arena *a, struct verifier *v,
                              const struct verifier_set_password *in);

#endif
