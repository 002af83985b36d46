/* Rows found by their key: tasks that ask the same at the same time share one statement. */
#ifndef STORE_FIND_H
#define STORE_FIND_H
#include "store/read.h"

/* The row for the key in read->args (scalars; the statement takes arrays of them and answers each
 * ordinal at most once, in its first column), the cursor behind the ordinal.  ERR_NOT_FOUND: there
 * is none.  Waits; otherwise as store_read.  The row lives as long as the task's arena. */
CHECKED enum err store_find(struct task *t, struct pg *db, const struct read *read,
                            struct row *out);

#endif
