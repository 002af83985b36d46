/* The 15 columns of an audit entry as parameters: for write.c and the vault. */
#ifndef STORE_AUDIT_ARGS_H
#define STORE_AUDIT_ARGS_H
#include "store/args.h"
#include "store/audit.h"

/* a NULL: no entry (its event is NULL).  Each entry has an id of its own, by which a commit can be
 * found. */
void audit_args(struct args *s, const struct audit *a, const struct uuid *id,
                const struct uuid *request_id);

#endif
