/* A change of signing keys by command: read, decide, apply, and again when somebody else was
 * quicker. */
#ifndef ADMIN_KEY_CHANGE_H
#define ADMIN_KEY_CHANGE_H
#include "admin/admin.h"
#include "keyring/keyring.h"

/* What should happen to these keys, by one of the pure functions of keystore/rotate.h. */
typedef enum err key_decision(struct call *c, const struct rotate_key *keys, size_t n,
                              const struct rotate_policy *policy, int64_t now,
                              struct rotate_plan *out);

/* Carries out what `decide` says, unless `dry_run`, with the audit entry.  Waits. */
CHECKED enum err key_change(struct call *c, key_decision *decide, bool dry_run, struct audit *audit,
                            struct rotate_plan *out);
/* Loads this node's signers with what is in the database now.  Waits. */
CHECKED enum err key_change_load(struct call *c);
/* {"changed":…,"dry_run":…,"actions":[…],"text":"…"} */
json_t *key_change_answer(struct call *c, const struct rotate_plan *plan, bool dry_run);

#endif
