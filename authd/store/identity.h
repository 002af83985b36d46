/* People and organisations (admin). */
#ifndef STORE_IDENTITY_H
#define STORE_IDENTITY_H
#include "signer/handle.h"
#include "signer/protocol.h"
#include "store/audit.h"

struct identity_row {
    struct uuid id;
    uint16_t bucket;
    struct str kind, state; /* "person" … ; "issued", "active", "locked", "closed" */
    uint8_t account_level;
    uint16_t province; /* 0: none */
    int64_t created_at, state_changed_at;
};
struct lookup_new {
    struct str kind;
    uint32_t key_version;
    uint8_t digest[32];
};
struct identity_new {
    struct identity_row row;
    struct sealed_document document; /* sealed, with wrapped keys */
    bool bucket_key_is_new;          /* wrapped_bucket_key has just been made */
    const struct lookup_new *lookups;
    size_t n_lookups;
    struct str actor, legal_ground;
};
/* Writes many at once (one statement and commit); ERR_CONFLICT when a look-up exists already.  A
 * bucket key made by two writers at once: the loser gets ERR_CONFLICT with reason "bucket key" and
 * seals again. */
CHECKED enum err store_identity_add(struct task *t, struct pg *db, const struct identity_new *v,
                                    size_t n, const struct audit *audit);
/* Who is known already by one of these digests, in their order. */
struct identity_known {
    size_t lookup;   /* index of the digest */
    struct str kind; /* of the look-up */
    uint8_t account_level;
    bool readable;                   /* false: erased, or its document is gone */
    struct sealed_document document; /* newest, when readable */
};
CHECKED enum err store_identity_known(struct task *t, struct pg *db, const struct lookup_new *v,
                                      size_t n, struct identity_known **out, size_t *n_out);
CHECKED enum err store_identity_find(struct task *t, struct pg *db, const struct uuid *id,
                                     struct identity_row *out);
/* By keyed digest, any of the versions given. */
CHECKED enum err store_identity_lookup(struct task *t, struct pg *db, const struct lookup_new *v,
                                       size_t n, struct identity_row *out);
/* One statement: state, history row, audit; locking and closing also end sessions, revoke all
 * grants and put logout deliveries into the outbox.  Allowed: issued->active, active<->locked, any
 * but closed->closed; else ERR_CONFLICT. */
CHECKED enum err store_identity_change(struct task *t, struct pg *db, const struct uuid *id,
                                       struct str to_state, struct str actor,
                                       struct str legal_ground, const struct audit *audit);
struct identity_change_row {
    int64_t at;
    struct str from_state, to_state, actor, legal_ground;
};
CHECKED enum err store_identity_history(struct task *t, struct pg *db, const struct uuid *id,
                                        struct identity_change_row **out, size_t *n);
struct province_row {
    uint16_t code;
    struct str name;
};
CHECKED enum err store_provinces(struct task *t, struct pg *db, struct province_row **out,
                                 size_t *n);
#endif
