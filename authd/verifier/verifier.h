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
#include "verifier/hasher.h"

struct verifier {
    const struct config *config;
    struct vault *vault;
    struct hasher *hasher;
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
/* Judges one attempt.  Anything but OK means that nothing is known: the person may try again. */
CHECKED enum err password_check(struct arena *a, struct verifier *v,
                                const struct verifier_password *in, struct verifier_answer *out);
/* ERR_INPUT with the cure when the password can't be one. */
CHECKED enum err password_set(struct arena *a, struct verifier *v,
                              const struct verifier_set_password *in);

#endif
