/* Writes for the families.
 *
 * A request is one row (or several, all or nothing) of an array statement; requests of the same
 * statement from different tasks that wait together become one batch with one commit, the commit in
 * flight being the window.  Two requests with a key in common are never in one batch.  The
 * statement answers the ordinals of the rows it acted on; a request whose rows are missing was not
 * applied, and the caller finds out why with a read.
 *
 *   struct write w = write_begin(t, db, SQL_GRANT_REVOKE);
 *   write_row(&w, audit);                    // the 15 columns of the entry, when the statement has
 * :audit args_bucket(&w.args, bucket);            // then the statement's own columns
 *   args_uuid(&w.args, grant);
 *   write_key(&w, grant, sizeof *grant);
 *   TRY(write_commit(&w, &applied)); */
#ifndef STORE_WRITE_H
#define STORE_WRITE_H
#include "sql/statements.h"
#include "store/args.h"
#include "store/audit.h"
#include "store/pg.h"
#include "store/rows.h"

#define WRITE_KEYS_MAX 2

struct write {
    struct task *task;
    struct pg *db;
    enum sql_name sql;
    struct args args;
    size_t rows;
    struct str keys[WRITE_KEYS_MAX];
    size_t n_keys;
    struct rows result; /* out, for statements that are not batched */
};
struct write write_begin(struct task *t, struct pg *db, enum sql_name sql);
/* Begins the next row.  audit NULL: no entry is written. */
void write_row(struct write *w, const struct audit *audit);
/* What the request locks; copied. */
void write_key(struct write *w, const void *p, size_t n);
/* Waits for the commit.  OK with *applied telling whether the statement acted on it.  ERR_CONFLICT
 * (23), ERR_INPUT (22), ERR_UNAVAILABLE: the database is away, or it can't be known whether it was
 * committed. */
CHECKED enum err write_commit(struct write *w, bool *applied);
/* Sends it on its way and does not wait; failures are forgotten.  For asynchronous statements only.
 */
void write_leave(struct write *w);

#endif
