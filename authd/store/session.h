/* SSO sessions. */
#ifndef STORE_SESSION_H
#define STORE_SESSION_H
#include "signer/handle.h"
#include "store/audit.h"

struct session_row {
    uint16_t bucket;
    struct uuid id;
    struct sha256 hash;
    struct uuid subject, actor, mandate;
    struct str proof;
    uint8_t account_level, authentication_level;
    uint32_t amr;
    int64_t auth_time, created_at, last_seen_at, expires_at, ended_at;
    struct str identity_state; /* of the subject now */
    struct str device;         /* kind of browser, in words of ours (sso/device.h); or absent */
    uint32_t generation;       /* of the person's, by which the login was judged; to create only */
};
/* Writes session, login attachment (login may be NULL) and audit in one statement.  A live session
 * of this id and person is renewed: new secret, proof and times, the same id, so that services
 * opened under it still hear of its end.  ERR_CONFLICT: the login is over, the session has ended,
 * the identity is not active or has a new password since. */
CHECKED enum err store_session_create(struct task *t, struct pg *db, const struct session_row *row,
                                      const uint16_t *login_bucket, const struct uuid *login_id,
                                      const struct audit *audit);
/* Live sessions only: not ended, not expired, idle for less than idle_s, identity active; touches
 * last_seen_at at most once a minute (asynchronously).  ERR_NOT_FOUND otherwise.  In the same look
 * what the person has agreed to for the client: consent->scope is STR_NONE when that is nothing. */
struct consent_row;
CHECKED enum err store_session_find(struct task *t, struct pg *db, const struct handle *h,
                                    int64_t idle_s, struct str client_id, struct session_row *out,
                                    struct consent_row *consent);
/* Ends it, revokes its grants that are not offline, and puts a logout delivery into the outbox for
 * every client with a back-channel logout URI that got a grant in it.  OK also when it had ended.
 */
CHECKED enum err store_session_end(struct task *t, struct pg *db, uint16_t bucket,
                                   const struct uuid *id, struct str reason,
                                   const struct audit *audit);
/* admin: of one person, or all of the person; ends them as above. */
CHECKED enum err store_session_list(struct task *t, struct pg *db, uint16_t bucket,
                                    const struct uuid *subject, struct session_row **out,
                                    size_t *n);
CHECKED enum err store_session_end_all(struct task *t, struct pg *db, uint16_t bucket,
                                       const struct uuid *subject, struct str reason,
                                       const struct audit *audit);
#endif
