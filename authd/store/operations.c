/* See operations.h. */
#include "store/operations.h"

#include "store/read.h"
#include "store/write.h"

enum err store_operations_read(struct task *t, struct pg *db, struct operations *out)
{
    struct read reads[] = {
        {.sql = SQL_OPERATIONS_DATABASE, .args = args_in(t->arena)},
        {.sql = SQL_OPERATIONS_DELIVERIES, .args = args_in(t->arena)},
        {.sql = SQL_OPERATIONS_ACTIVITY, .args = args_in(t->arena)},
    };
    size_t n = sizeof reads / sizeof reads[0];
    TRY(store_read(t, db, reads, n));
    for (size_t i = 0; i < n; i++) {
        if (reads[i].rows.n != 1) {
            return fail(ERR_INTERNAL, "operations: no row");
        }
    }
    struct row r = rows_at(&reads[0].rows, 0);
    out->server_version = row_str(&r);
    out->in_recovery = row_bool(&r);
    out->schema_version = row_int(&r);
    out->standbys = row_int(&r);
    bool unknown = row_is_null(&r);
    int64_t lag_ms = row_int(&r);
    out->standby_lag_ms = unknown ? -1 : lag_ms;
    out->waits_for = row_str(&r);
    out->host = str_dup(t->arena, str_from(pg_host(db)));
    r = rows_at(&reads[1].rows, 0);
    out->waiting = row_int(&r);
    out->waiting_since = row_time(&r);
    out->troubled = row_int(&r);
    out->failed_today = row_int(&r);
    r = rows_at(&reads[2].rows, 0);
    out->logins = row_int(&r);
    out->logins_refused = row_int(&r);
    out->tokens = row_int(&r);
    return OK;
}

enum err store_node_tell(struct task *t, struct pg *db, struct str name, struct str version,
                         int64_t clock_offset_ms)
{
    struct write w = write_begin(t, db, SQL_NODE_TELL);
    bool applied;
    write_row(&w, NULL);
    args_text(&w.args, name);
    args_text(&w.args, version);
    args_i64(&w.args, clock_offset_ms);
    return write_commit(&w, &applied);
}

enum err store_nodes(struct task *t, struct pg *db, struct operations_node **out, size_t *n)
{
    struct read read = {.sql = SQL_OPERATIONS_NODES, .args = args_in(t->arena)};
    TRY(store_read(t, db, &read, 1));
    struct operations_node *nodes = arena_array(t->arena, read.rows.n + 1, sizeof *nodes);
    for (size_t i = 0; i < read.rows.n; i++) {
        struct row r = rows_at(&read.rows, i);
        nodes[i].name = row_str(&r);
        nodes[i].version = row_str(&r);
        nodes[i].clock_offset_ms = row_int(&r);
        nodes[i].seen_at = row_time(&r);
        nodes[i].silent_s = row_int(&r);
    }
    *out = nodes;
    *n = read.rows.n;
    return OK;
}
