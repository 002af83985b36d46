/* The key store as a whole, for those who change it: the clerk on schedule, the administrator by
 * command.
 *
 * Rows are read at once with the generation they belong to; what should happen to them is decided
 * by the pure functions of keystore/rotate.h; the plan is applied in one statement that fails when
 * somebody else was quicker (ERR_CONFLICT: read again); then the signers of this node are loaded.
 * Private keys pass through here sealed only. */
#ifndef KEYRING_KEYRING_H
#define KEYRING_KEYRING_H
#include "config/config.h"
#include "keystore/rotate.h"
#include "peer/peer.h"
#include "store/keystore.h"

struct keyring {
    struct keystore_row *rows;
    size_t n;
    uint64_t generation;
    int64_t now_ms; /* the database's clock when they were read */
};

/* All rows of one moment, in the task's arena.  Waits. */
CHECKED enum err keyring_read(struct task *t, struct pg *db, struct keyring *out);

/* The configured policy; points into constants and the configuration only. */
void keyring_policy(const struct config *config, struct rotate_policy *out);

/* The rows as keystore/rotate.h judges them. */
struct rotate_key *keyring_rotate_keys(struct arena *a, const struct keyring *ring, size_t *n);

/* The new keys that are needed before signers can be loaded at all (first start): an empty plan
 * when there is an active key of each use.  ERR_CONFLICT when a key store that is not empty lacks
 * its root, subject, pepper or look-up key: those are restored, never made again.  Everything else
 * waits for rotate_due after a load. */
CHECKED enum err keyring_missing(struct arena *a, const struct keyring *ring,
                                 const struct rotate_policy *policy, struct rotate_plan *out);

/* Applies the actions: new keys are made by a signer, then one statement with the audit entry.
 * ERR_CONFLICT when the key store has changed since `ring` was read.  Waits. */
CHECKED enum err keyring_apply(struct task *t, struct pg *db, struct peer *signers,
                               const struct keyring *ring, const struct rotate_plan *plan,
                               struct audit *audit);

/* Turns actions into rows to write, without waiting; `made` gives the new keys in the order of the
 * plan's ROTATE_GENERATE actions.  ERR_INTERNAL when an action names a key that is not there. */
CHECKED enum err keyring_changes(struct arena *a, const struct keyring *ring,
                                 const struct rotate_plan *plan,
                                 const struct signer_generated_key *made, struct keystore_row **out,
                                 size_t *n);
/* The message that gives signers these rows: only what they need, so that it stays small however
 * long the history is.  Allocates in the arena, doesn't wait. */
void keyring_load_message(struct arena *a, const struct keyring *ring, int64_t clock_lead_ms,
                          struct signer_load_keys *out);
/* Loads every signer of this node; OK when all of them hold the new set.  Waits. */
CHECKED enum err keyring_load(struct task *t, struct peer *signers, const struct keyring *ring,
                              int64_t clock_lead_ms);

#endif
