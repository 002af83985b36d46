/* One run of rotate.c: a copy of the rows that changes as actions are decided, the actions, and
 * what they mean for people. */
#ifndef KEYSTORE_ROTATE_RUN_H
#define KEYSTORE_ROTATE_RUN_H
#include "base/buf.h"
#include "keystore/rotate.h"

struct rotate_run {
    struct arena *arena;
    struct rotate_key *keys;
    size_t n;
    const struct rotate_policy *policy;
    int64_t now;
    struct rotate_action *actions;
    size_t n_actions, room;
    struct buf text;
    int64_t next_event_at;
};

struct rotate_run rotate_begin(struct arena *a, const struct rotate_key *keys, size_t n,
                               const struct rotate_policy *policy, int64_t now);
/* Adds the action and its explanation.  key: the row as it was before, NULL for generating. */
void rotate_do(struct rotate_run *r, struct rotate_action action, const struct rotate_key *key);
/* Something is due then; 0 is never. */
void rotate_event(struct rotate_run *r, int64_t at);
void rotate_say_pending(struct rotate_run *r, const struct rotate_key *next);
/* A switch at `at` of a key that is known everywhere from `safe` on only. */
void rotate_say_breaks(struct rotate_run *r, struct str alg, int64_t at, int64_t safe);
/* "2026-11-22T08:00:00Z" */
const char *rotate_time(struct arena *a, int64_t at);
struct rotate_plan rotate_finish(struct rotate_run *r);

#endif
