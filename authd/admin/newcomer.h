/* Entering people and organisations: read, sealed by a signer, written many at once. */
#ifndef ADMIN_NEWCOMER_H
#define ADMIN_NEWCOMER_H
#include "admin/admin.h"
#include "identity/attributes.h"

#define LOOKUPS_MAX 16    /* of one: four kinds under up to four look-up keys */
#define NEWCOMERS_MAX 256 /* of one batch: one statement, one commit */

struct newcomer {
    struct uuid id; /* chosen by the caller */
    struct attributes attributes;
    uint8_t account_level;
    struct str state; /* "issued", "active" */
    /* Keyed digests it is found by; NULL: newcomers_add asks for them. */
    const struct lookup_new *lookups;
    size_t n_lookups;
};

/* An object of attributes with account_level and state beside them, which are taken out of it.  The
 * id is new.  ERR_INPUT with the member and the cure. */
CHECKED enum err newcomer_read(struct arena *a, json_t *given, const struct attribute_rules *rules,
                               struct newcomer *out);

/* A value by which somebody can be found, normalised. */
struct newcomer_value {
    struct str kind, value;
};
/* Gives each value's digests as a signer answers them (n * (u32 key version | 32 bytes)). */
typedef enum err newcomer_digests_fn(struct task *t, struct peer *signers, void *arg,
                                     const struct newcomer_value *v, size_t n, struct str *out);
/* Sets the lookups of all of them.  Waits. */
CHECKED enum err newcomers_lookups(struct task *t, struct peer *signers,
                                   newcomer_digests_fn *digests, void *arg,
                                   struct newcomer *const *who, size_t n);

/* Seals and writes all of them, or none: ERR_CONFLICT when a personal number or organisation code
 * (or a verified e-mail address or telephone number) belongs to somebody already.  Waits. */
CHECKED enum err newcomers_add(struct task *t, struct admin *admin, const struct newcomer *v,
                               size_t n, struct str operator_name, struct str ground);

#endif
