/* Credentials and throttles, for the verifier, which has no loop: plain blocking calls. */
#ifndef STORE_CREDENTIAL_H
#define STORE_CREDENTIAL_H
#include "signer/handle.h"
#include "signer/protocol.h"
#include "store/audit.h"

struct vault; /* one blocking connection under authd_verifier, reconnecting */
CHECKED enum err vault_new(const struct pg_settings *s, struct vault **out);
void vault_free(struct vault *v);

struct vault_key {
    struct str kid, use, state, sealed;
    uint32_t version;
};
CHECKED enum err vault_keys(struct arena *a, struct vault *v, struct vault_key **out, size_t *n);

struct vault_account {
    bool found; /* all else is filled with stand-ins when not */
    struct uuid identity;
    uint8_t account_level;
    struct str state, kind;
    struct str verifier; /* PHC string; absent: no password */
    uint32_t pepper_version;
    struct uuid credential;
};
struct vault_throttle {
    uint8_t key[32];
    uint32_t failures;
    int64_t blocked_for_s;
};
/* Everything a password check needs, in one trip; the same statements whether or not somebody is
 * found. digests: key version and digest pairs to try. throttles: [0] account, [1] address; key in,
 * rest out. */
CHECKED enum err vault_read(struct arena *a, struct vault *v, const uint32_t *versions,
                            const uint8_t (*digests)[32], size_t n_digests,
                            struct vault_throttle throttles[2], struct vault_account *out);
/* The end of a check, in one statement: throttles (forgotten after success of the account; counted
 * after failure), upgraded verifier string if given, audit. */
struct vault_result {
    bool accepted;
    const struct vault_throttle *throttles; /* two */
    int64_t window_s;
    uint32_t limit_account, limit_address;
    struct str upgraded; /* absent: keep */
    uint32_t upgraded_pepper;
    struct uuid credential, identity;
    const struct audit *audit;
    uint8_t request_id[16];
};
CHECKED enum err vault_finish(struct arena *a, struct vault *v, const struct vault_result *r);
/* An entry that goes with no other statement. */
CHECKED enum err vault_audit(struct arena *a, struct vault *v, const struct audit *audit,
                             const uint8_t request_id[16]);
CHECKED enum err vault_set_password(struct arena *a, struct vault *v, const struct uuid *identity,
                                    struct str verifier, uint32_t pepper_version,
                                    const struct audit *audit, const uint8_t request_id[16]);
#endif
