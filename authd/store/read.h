/* Reads for the families: the statements given together go in one trip with one Sync. */
#ifndef STORE_READ_H
#define STORE_READ_H
#include "sql/statements.h"
#include "store/args.h"
#include "store/pg.h"
#include "store/rows.h"

struct read {
    enum sql_name sql;
    struct args args;
    struct rows rows; /* out; lives as long as the task's arena */
};
#define READS_MAX 4

/* Waits.  Repeated on another connection when one is lost; ERR_UNAVAILABLE while the
 * database is away; ERR_TIMEOUT at the deadline, and then the results are thrown away when they
 * come. */
CHECKED enum err store_read(struct task *t, struct pg *db, struct read *reads, size_t n);
/* The first row of one statement, where there should be one; ERR_NOT_FOUND with `none` as its
 * reason (a literal: "no such login"). */
CHECKED enum err store_read_row(struct task *t, struct pg *db, struct read *read, const char *none,
                                struct row *out);
/* One statement that must run on the first reading connection (what belongs to a session of the
 * database). */
CHECKED enum err store_read_pinned(struct task *t, struct pg *db, struct read *read);

#endif
