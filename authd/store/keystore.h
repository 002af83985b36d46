/* The key store's rows (clerk, admin). What should happen to them is decided by
 * keys/store/rotate.h. */
#ifndef STORE_KEYSTORE_H
#define STORE_KEYSTORE_H
#include "signer/protocol.h"
#include "store/audit.h"

struct keystore_row {
    struct str kid, use, alg, state, public_jwk, sealed;
    uint32_t version;
    int64_t created_at, published_at, activate_at, activated_at, retired_at, unpublish_at,
        revoked_at;
    struct str revoke_reason;
};
/* All rows, with the generation they belong to and the database's time. */
CHECKED enum err store_keystore_read(struct task *t, struct pg *db, struct keystore_row **out,
                                     size_t *n, uint64_t *generation, int64_t *now_ms);
CHECKED enum err store_keystore_generation(struct task *t, struct pg *db, uint64_t *out);
/* Applies changes in one statement if the generation is still `expected` (else ERR_CONFLICT: read
 * again): inserts rows whose kid is unknown, updates the others.  Also writes the audit entry. */
CHECKED enum err store_keystore_apply(struct task *t, struct pg *db,
                                      const struct keystore_row *rows, size_t n, uint64_t expected,
                                      const struct audit *audit);
/* clerk: deletes what expired, in bounded steps; number of rows. Makes audit partitions. */
CHECKED enum err store_expire(struct task *t, struct pg *db, size_t limit, size_t *deleted);
CHECKED enum err store_audit_partitions(struct task *t, struct pg *db, size_t *made);
/* clerk: drops whole months of audit older than this; never anything younger than five years. */
CHECKED enum err store_audit_retire(struct task *t, struct pg *db, long years, size_t *dropped);
/* How many standby servers stream from the primary. */
CHECKED enum err store_standbys(struct task *t, struct pg *db, int64_t *out);
/* One clerk at a time does periodic duties: a session-level advisory lock. */
CHECKED enum err store_clerk_lock(struct task *t, struct pg *db, bool *have);
#endif
