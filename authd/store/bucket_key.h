/* The keys of buckets, each wrapped by the master key: made with the first person of a bucket,
 * wrapped again when the master key changes. */
#ifndef STORE_BUCKET_KEY_H
#define STORE_BUCKET_KEY_H
#include "store/audit.h"

struct bucket_key_row {
    uint16_t bucket;
    uint32_t version;
    struct str wrapped;
};
/* The newest key of each of these buckets that has one. */
CHECKED enum err store_bucket_keys_newest(struct task *t, struct pg *db, const uint16_t *buckets,
                                          size_t n, struct bucket_key_row **out, size_t *n_out);
/* First keys of buckets; one that somebody else brought meanwhile stays, so read them again. */
CHECKED enum err store_bucket_keys_add(struct task *t, struct pg *db,
                                       const struct bucket_key_row *v, size_t n);
/* rewrap: bucket keys not yet under `master_kid` (8 bytes), at most `limit`; and their exchange in
 * one statement, which writes the audit entry too: a step that an interruption took away has
 * neither. */
CHECKED enum err store_bucket_keys(struct task *t, struct pg *db, struct str not_under,
                                   size_t limit, struct bucket_key_row **out, size_t *n);
CHECKED enum err store_bucket_keys_replace(struct task *t, struct pg *db,
                                           const struct bucket_key_row *rows, size_t n,
                                           const struct audit *audit);

#endif
