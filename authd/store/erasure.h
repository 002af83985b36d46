/* Erasures of identities and their numbers: what the ledger outside the database is compared with.
 */
#ifndef STORE_ERASURE_H
#define STORE_ERASURE_H
#include "signer/proof.h"
#include "store/audit.h"

struct erasure {
    struct uuid identity;
    struct str actor, legal_ground;
    int64_t number; /* of the ledger's line, when it is replayed; 0: the next */
    int64_t at;     /* the same; 0: now */
};
/* One statement: key, documents, digests, credentials, consents, sessions, grants, audit, outbox.
 * ERR_NOT_FOUND: nobody, or erased before; ERR_CONFLICT: another one at the same moment, or a
 * number that is somebody else's; may be tried again. */
CHECKED enum err store_identity_erase(struct task *t, struct pg *db, const struct erasure *v,
                                      const struct audit *audit);
/* The number of somebody's erasure, and whether a ledger has it.  ERR_NOT_FOUND. */
CHECKED enum err store_erasure_find(struct task *t, struct pg *db, const struct uuid *identity,
                                    int64_t *number, bool *noted);
/* ledger: all zero when this database has none yet; number: of the last erasure, or 0. */
CHECKED enum err store_erasure_head(struct task *t, struct pg *db, struct uuid *ledger,
                                    int64_t *number);
CHECKED enum err store_erasure_at(struct task *t, struct pg *db, int64_t number, struct uuid *out);
struct erasure_row {
    int64_t number, at;
    struct uuid identity;
};
/* Those behind a number, in order; a bounded part of them. */
CHECKED enum err store_erasures_since(struct task *t, struct pg *db, int64_t number,
                                      struct erasure_row **out, size_t *n);
/* Up to this number all are in a ledger. */
CHECKED enum err store_erasures_noted(struct task *t, struct pg *db, int64_t number);
/* Joins this database with a ledger; harmless when it has one. */
CHECKED enum err store_erasure_ledger_begin(struct task *t, struct pg *db,
                                            const struct uuid *ledger);

#endif
