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
    uint32_t generation; /* what a login judged by this is worth (session_row) */
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
    struct str checked;  /* the verifier string that is upgraded, if it is still there */
    uint32_t upgraded_pepper;
    struct uuid credential, identity;
    const struct audit *audit;
    uint8_t request_id[16];
};
CHECKED enum err vault_finish(struct arena *a, struct vault *v, const struct vault_result *r);
/* An entry that goes with no other statement. */
CHECKED enum err vault_audit(struct arena *a, struct vault *v, const struct audit *audit,
                             const uint8_t request_id[16]);
/* The administrator's: ends the person's sessions, grants and one-time code as well.
 * ERR_NOT_FOUND. */
CHECKED enum err vault_set_password(struct arena *a, struct vault *v, const struct uuid *identity,
                                    struct str verifier, uint32_t pepper_version,
                                    const struct audit *audit, const uint8_t request_id[16]);

/* The account of a session that lives, with the throttles, in one trip; not found: over. */
CHECKED enum err vault_read_session(struct arena *a, struct vault *v, const struct uuid *subject,
                                    const struct uuid *session, struct vault_throttle throttles[2],
                                    struct vault_account *out);
/* Replaces the password if it is still `old` and the session lives; shut: the person's other
 * sessions end, and the grants given in them.  ERR_CONFLICT. */
struct vault_change {
    struct uuid identity, session, credential;
    struct str old, verifier;
    uint32_t pepper_version;
    bool shut;
    const struct audit *audit;
    uint8_t request_id[16];
};
CHECKED enum err vault_change_password(struct arena *a, struct vault *v,
                                       const struct vault_change *c);

/* Locks the account of the person whose session lives, ends all sessions and grants.  ERR_CONFLICT:
 * the session is over or the account is not active. */
CHECKED enum err vault_lock_own(struct arena *a, struct vault *v, const struct uuid *identity,
                                const struct uuid *session, const struct audit *audit,
                                const uint8_t request_id[16]);
/* What was done with the identity before `before_us` (microseconds since 1970; 0: now), a row for
 * each kind, client and day in Vietnam, latest first: whole days until there are 100 rows (a day
 * with more than 200 goes on where *older_us leads), not further back than 31 days from the latest
 * entry, nor over more than 20,000 entries.  While the session lives; *lives false: it does not.
 * *older_us: `before_us` for what was before; 0: nothing was. */
struct vault_use {
    int64_t at;
    struct str event, client_id;
    bool refused;
    int64_t times;
};
CHECKED enum err vault_history(struct arena *a, struct vault *v, const struct uuid *identity,
                               const struct uuid *session, int64_t before_us, bool *lives,
                               struct vault_use **out, size_t *n, int64_t *older_us);

/* One-time codes: at most one for a person. */
struct vault_code {
    bool found, expired; /* all else is filled with stand-ins when not found */
    struct uuid id;
    uint8_t digest[32];
    uint32_t pepper_version;
};
/* As vault_read, with the code instead of the password. */
CHECKED enum err vault_read_code(struct arena *a, struct vault *v, const uint32_t *versions,
                                 const uint8_t (*digests)[32], size_t n_digests,
                                 struct vault_throttle throttles[2], struct vault_account *out,
                                 struct vault_code *code);
/* Ends the code before.  ERR_NOT_FOUND, ERR_DENIED: no person or not active, ERR_CONFLICT: has a
 * password and recover was not asked for. */
struct vault_code_new {
    struct uuid identity;
    const struct vault_code *code;
    int64_t lifetime_s;
    bool recover;
    const struct audit *audit;
    uint8_t request_id[16];
};
struct vault_code_made {
    bool had_password;
    int64_t expires_at;
};
CHECKED enum err vault_code_put(struct arena *a, struct vault *v, const struct vault_code_new *in,
                                struct vault_code_made *out);
/* Uses the code up: sets the password, ends all sessions and grants of the person, whose logins are
 * of another generation from now on.  ERR_CONFLICT: the code was used, replaced or is over. */
CHECKED enum err vault_first_password(struct arena *a, struct vault *v, const struct uuid *identity,
                                      const struct uuid *code, struct str verifier,
                                      uint32_t pepper_version, const struct audit *audit,
                                      const uint8_t request_id[16], uint32_t *generation);
#endif
