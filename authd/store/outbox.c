/* Deliveries, for the courier. */
#include "store/outbox.h"

#include "store/read.h"
#include "store/write.h"

enum err store_outbox_claim(struct task *t, struct pg *db, size_t limit, int64_t lease_s,
                            struct outbox_row **out, size_t *n)
{
    struct write w = write_begin(t, db, SQL_OUTBOX_CLAIM);
    bool applied;
    write_row(&w, NULL);
    args_i64(&w.args, (int64_t)limit);
    args_i64(&w.args, lease_s);
    TRY(write_commit(&w, &applied));
    struct outbox_row *rows = arena_array(t->arena, w.result.n, sizeof *rows);
    for (size_t i = 0; i < w.result.n; i++) {
        struct row r = rows_at(&w.result, i);
        rows[i].bucket = row_u16(&r);
        rows[i].id = row_uuid(&r);
        rows[i].subject = row_uuid(&r);
        rows[i].session = row_uuid(&r);
        rows[i].recipient = row_str(&r);
        rows[i].kind = row_str(&r);
        rows[i].payload = row_str(&r);
        rows[i].attempts = row_u32(&r);
        rows[i].created_at = row_time(&r);
        rows[i].metadata = row_str(&r);
        rows[i].sector = row_str(&r);
    }
    *out = rows;
    *n = w.result.n;
    return OK;
}

enum err store_outbox_delivered(struct task *t, struct pg *db, const struct outbox_row *row,
                                const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_OUTBOX_DELIVERED);
    bool applied;
    write_row(&w, audit);
    args_bucket(&w.args, row->bucket);
    args_uuid(&w.args, &row->id);
    write_key(&w, row->id.b, sizeof row->id.b);
    TRY(write_commit(&w, &applied));
    return applied ? OK : fail(ERR_NOT_FOUND, "no such delivery");
}

enum err store_outbox_failed(struct task *t, struct pg *db, const struct outbox_row *row,
                             struct str error, int64_t delay_s, const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_OUTBOX_FAILED);
    bool applied;
    write_row(&w, audit);
    args_bucket(&w.args, row->bucket);
    args_uuid(&w.args, &row->id);
    args_text(&w.args, error);
    args_i64(&w.args, delay_s);
    write_key(&w, row->id.b, sizeof row->id.b);
    TRY(write_commit(&w, &applied));
    return applied ? OK : fail(ERR_NOT_FOUND, "no such delivery");
}

enum err store_outbox_next(struct task *t, struct pg *db, int64_t max, int64_t *seconds)
{
    struct read read = {.sql = SQL_OUTBOX_NEXT, .args = args_in(t->arena)};
    TRY(store_read(t, db, &read, 1));
    int64_t s = max;
    if (read.rows.n == 1) {
        struct row r = rows_at(&read.rows, 0);
        if (!row_is_null(&r)) {
            s = row_int(&r);
        }
    }
    *seconds = s < 0 ? 0 : s > max ? max : s;
    return OK;
}
