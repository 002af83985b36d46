/* Entering people and organisations: sealed by a signer, written many at once. */
#ifndef ADMIN_NEWCOMER_H
#define ADMIN_NEWCOMER_H
#include "admin/admin.h"
#include "identity/attributes.h"

#define NEWCOMERS_MAX 64 /* of one batch: one statement, one commit */

struct newcomer {
    struct uuid id; /* chosen by the caller */
    struct attributes attributes;
    uint8_t account_level;
    struct str state; /* "issued", "active" */
};

/* Seals and writes all of them, or none: ERR_CONFLICT when a personal number or organisation code
 * (or a verified e-mail address or telephone number) belongs to somebody already.  Waits. */
CHECKED enum err newcomers_add(struct task *t, struct admin *admin, const struct newcomer *v,
                               size_t n, struct str operator_name, struct str ground);

#endif
