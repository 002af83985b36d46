/* See erasure.h. */
#include "store/erasure.h"

#include "signer/handle.h"
#include "store/read.h"
#include "store/write.h"

enum err store_identity_erase(struct task *t, struct pg *db, const struct erasure *v,
                              const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_IDENTITY_ERASE);
    bool applied;
    write_row(&w, audit);
    args_bucket(&w.args, bucket_of(&v->identity));
    args_uuid(&w.args, &v->identity);
    args_text(&w.args, v->actor);
    args_text(&w.args, v->legal_ground);
    if (v->number > 0) {
        args_i64(&w.args, v->number);
    } else {
        args_null(&w.args, PG_INT8);
    }
    args_time(&w.args, v->at);
    write_key(&w, v->identity.b, sizeof v->identity.b);
    TRY(write_commit(&w, &applied));
    return applied ? OK : fail(ERR_NOT_FOUND, "there is no such identity, or it was erased before");
}

enum err store_erasure_find(struct task *t, struct pg *db, const struct uuid *identity,
                            int64_t *number, bool *noted)
{
    struct read read = {.sql = SQL_ERASURE_FIND, .args = args_in(t->arena)};
    args_uuid(&read.args, identity);
    struct row r;
    TRY(store_read_row(t, db, &read, "erasure: none of this identity", &r));
    *number = row_int(&r);
    *noted = row_bool(&r);
    return OK;
}

enum err store_erasure_head(struct task *t, struct pg *db, struct uuid *ledger, int64_t *number)
{
    struct read read = {.sql = SQL_ERASURE_HEAD, .args = args_in(t->arena)};
    TRY(store_read(t, db, &read, 1));
    struct row r = rows_at(&read.rows, 0);
    *ledger = row_uuid(&r);
    *number = row_int(&r);
    return OK;
}

enum err store_erasure_at(struct task *t, struct pg *db, int64_t number, struct uuid *out)
{
    struct read read = {.sql = SQL_ERASURE_AT, .args = args_in(t->arena)};
    args_i64(&read.args, number);
    struct row r;
    TRY(store_read_row(t, db, &read, "erasure: none has this number", &r));
    *out = row_uuid(&r);
    return OK;
}

enum err store_erasures_since(struct task *t, struct pg *db, int64_t number,
                              struct erasure_row **out, size_t *n)
{
    struct read read = {.sql = SQL_ERASURE_SINCE, .args = args_in(t->arena)};
    args_i64(&read.args, number);
    TRY(store_read(t, db, &read, 1));
    struct erasure_row *rows = arena_array(t->arena, read.rows.n + 1, sizeof *rows);
    for (size_t i = 0; i < read.rows.n; i++) {
        struct row r = rows_at(&read.rows, i);
        rows[i].number = row_int(&r);
        rows[i].at = row_time(&r);
        rows[i].identity = row_uuid(&r);
    }
    *out = rows;
    *n = read.rows.n;
    return OK;
}

enum err store_erasures_noted(struct task *t, struct pg *db, int64_t number)
{
    struct write w = write_begin(t, db, SQL_ERASURE_NOTED);
    bool applied;
    write_row(&w, NULL);
    args_i64(&w.args, number);
    return write_commit(&w, &applied);
}

enum err store_erasure_ledger_begin(struct task *t, struct pg *db, const struct uuid *ledger)
{
    struct write w = write_begin(t, db, SQL_ERASURE_LEDGER_BEGIN);
    bool applied;
    write_row(&w, NULL);
    args_uuid(&w.args, ledger);
    return write_commit(&w, &applied);
}
