/* Reads: many tasks share a connection, each with its own group of statements and one Sync.  A task
 * that gives up leaves its group behind; the results are drained and freed. */
#include "store/read.h"

#include <stdlib.h>

#include "store/engine.h"

/* One restart of the server can cost an attempt on each read connection, whose loss is only noticed
 * when it is used.  Bounded all the same: a read that kills its backend must not go on for ever. */
#define REPEATS 5

struct read_group {
    struct group group;
    struct task *task; /* NULL: nobody waits any more */
    PGresult *results[READS_MAX];
    bool done, lost;
};

static void read_free(struct read_group *r)
{
    for (size_t i = 0; i < READS_MAX; i++) {
        PQclear(r->results[i]);
    }
    free(r);
}

static void on_result(struct group *g, size_t index, PGresult *result)
{
    struct read_group *r = (struct read_group *)(void *)g;
    if (r->task == NULL || index >= READS_MAX) {
        PQclear(result);
        return;
    }
    r->results[index] = result;
}

static void on_done(struct group *g, bool lost)
{
    struct read_group *r = (struct read_group *)(void *)g;
    if (r->task == NULL) {
        read_free(r);
        return;
    }
    r->done = true;
    r->lost = lost;
    task_wake(r->task);
}

/* Hands the results to the task's arena, or says what failed. */
static enum err take(struct task *t, struct read_group *r, struct read *reads, size_t n,
                     bool *stale)
{
    enum err e = OK;
    for (size_t i = 0; i < n && e == OK; i++) {
        PGresult *result = r->results[i];
        if (result == NULL) {
            return fail(ERR_INTERNAL, "pg: no result of %s", sql_statements[reads[i].sql].name);
        }
        if (PQresultStatus(result) != PGRES_TUPLES_OK) {
            const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
            /* A cached plan whose tables changed: prepared again on a new connection. */
            *stale = state != NULL &&
                     (str_eqz(str_from(state), "0A000") || str_eqz(str_from(state), "26000"));
            return pg_result_err(reads[i].sql, result);
        }
        r->results[i] = NULL;
        reads[i].rows = rows_own(t->arena, result);
    }
    return e;
}

static enum err read_on(struct task *t, struct conn *c, struct read *reads, size_t n, bool *again)
{
    struct read_group *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return fail(ERR_NO_MEMORY, "pg: no memory");
    }
    r->group = (struct group){.on_result = on_result, .on_done = on_done};
    r->task = t;
    for (size_t i = 0; i < n; i++) {
        (void)conn_statement(c, reads[i].sql, reads[i].args.v, reads[i].args.n);
    }
    (void)conn_group_end(c, &r->group);
    while (!r->done) {
        enum err e = task_park(t, sql_statements[reads[0].sql].doing);
        if (e != OK && !r->done) {
            r->task = NULL;
            return e;
        }
    }
    *again = r->lost;
    bool stale = false;
    enum err e = r->lost ? fail(ERR_UNAVAILABLE, "pg: the connection was lost during %s",
                                sql_statements[reads[0].sql].name)
                         : take(t, r, reads, n, &stale);
    if (stale) {
        conn_renew(c, "its plans are stale");
    }
    r->task = NULL;
    read_free(r);
    return e;
}

static enum err lease(struct task *t, struct pg *db, struct conn *pinned, struct conn **out)
{
    for (;;) {
        struct conn *c = pinned == NULL ? pg_pick(db, CONN_READ) : pinned;
        if (c != NULL && c->state == CONN_READY && !c->broken) {
            *out = c;
            return OK;
        }
        if (pg_class_away(db, CONN_READ)) {
            return fail(ERR_UNAVAILABLE, "pg: the database is away");
        }
        TRY(task_sleep(t, 5)); /* the first attempt to reconnect is under way */
    }
}

static enum err read_any(struct task *t, struct pg *db, struct conn *pinned, struct read *reads,
                         size_t n)
{
    if (n == 0 || n > READS_MAX) {
        bug("pg: %zu reads in one trip", n);
    }
    for (int attempt = 0;; attempt++) {
        struct conn *c;
        TRY(lease(t, db, pinned, &c));
        bool again = false;
        enum err e = read_on(t, c, reads, n, &again);
        if (!again || attempt == REPEATS) {
            return e;
        }
    }
}

enum err store_read(struct task *t, struct pg *db, struct read *reads, size_t n)
{
    return read_any(t, db, NULL, reads, n);
}

enum err store_read_row(struct task *t, struct pg *db, struct read *read, const char *none,
                        struct row *out)
{
    TRY(store_read(t, db, read, 1));
    if (read->rows.n == 0) {
        return fail(ERR_NOT_FOUND, "%s", none);
    }
    *out = rows_at(&read->rows, 0);
    return OK;
}

enum err store_read_pinned(struct task *t, struct pg *db, struct read *read)
{
    return read_any(t, db, &db->of_class[CONN_READ][0], read, 1);
}
