/* The key store's rows, bucket keys, and the clerk's periodic duties. */
#include "store/keystore.h"

#include "store/read.h"
#include "store/write.h"

enum err store_keystore_read(struct task *t, struct pg *db, struct keystore_row **out, size_t *n,
                             uint64_t *generation, int64_t *now_ms)
{
    struct read read = {.sql = SQL_KEYSTORE_READ, .args = args_in(t->arena)};
    TRY(store_read(t, db, &read, 1));
    struct keystore_row *rows = arena_array(t->arena, read.rows.n, sizeof *rows);
    size_t found = 0;
    for (size_t i = 0; i < read.rows.n; i++) {
        struct row r = rows_at(&read.rows, i);
        *generation = (uint64_t)row_int(&r);
        *now_ms = row_int(&r);
        struct keystore_row *k = &rows[found];
        k->kid = row_str(&r);
        if (!str_is(k->kid)) {
            break; /* no key at all: one row with the generation */
        }
        found++;
        k->use = row_str(&r);
        k->alg = row_str(&r);
        k->state = row_str(&r);
        k->public_jwk = row_str(&r);
        k->sealed = row_str(&r);
        k->version = row_u32(&r);
        k->created_at = row_time(&r);
        k->published_at = row_time(&r);
        k->activate_at = row_time(&r);
        k->activated_at = row_time(&r);
        k->retired_at = row_time(&r);
        k->unpublish_at = row_time(&r);
        k->revoked_at = row_time(&r);
        k->revoke_reason = row_str(&r);
    }
    *out = rows;
    *n = found;
    return OK;
}

enum err store_keystore_generation(struct task *t, struct pg *db, uint64_t *out)
{
    struct read read = {.sql = SQL_KEYSTORE_GENERATION, .args = args_in(t->arena)};
    TRY(store_read(t, db, &read, 1));
    if (read.rows.n != 1) {
        return fail(ERR_INTERNAL, "keystore: no generation");
    }
    struct row r = rows_at(&read.rows, 0);
    *out = (uint64_t)row_int(&r);
    return OK;
}

enum err store_keystore_apply(struct task *t, struct pg *db, const struct keystore_row *rows,
                              size_t n, uint64_t expected, const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_KEYSTORE_APPLY);
    bool applied;
    if (n == 0) {
        return OK;
    }
    for (size_t i = 0; i < n; i++) {
        const struct keystore_row *k = &rows[i];
        write_row(&w, i == 0 ? audit : NULL);
        args_i64(&w.args, (int64_t)expected);
        args_text(&w.args, k->kid);
        args_text(&w.args, k->use);
        args_text(&w.args, str_is(k->alg) ? k->alg : STR(""));
        args_text(&w.args, k->state);
        args_text(&w.args, str_is(k->public_jwk) ? k->public_jwk : STR_NONE);
        args_bytes(&w.args, str_is(k->sealed) ? k->sealed : STR_NONE);
        args_i32(&w.args, k->version == 0 ? 1 : (int32_t)k->version);
        args_time(&w.args, k->published_at);
        args_time(&w.args, k->activate_at);
        args_time(&w.args, k->activated_at);
        args_time(&w.args, k->retired_at);
        args_time(&w.args, k->unpublish_at);
        args_time(&w.args, k->revoked_at);
        args_text(&w.args, str_is(k->revoke_reason) ? k->revoke_reason : STR_NONE);
    }
    write_key(&w, "keystore", 8);
    TRY(write_commit(&w, &applied));
    return applied ? OK : fail(ERR_CONFLICT, "the key store has changed meanwhile");
}

/* A statement whose only row holds one number. */
static enum err counted(struct write *w, size_t *out)
{
    bool applied;
    TRY(write_commit(w, &applied));
    if (w->result.n != 1) {
        return fail(ERR_INTERNAL, "keystore: no count");
    }
    struct row r = rows_at(&w->result, 0);
    *out = (size_t)row_int(&r);
    return OK;
}

enum err store_expire(struct task *t, struct pg *db, size_t limit, size_t *deleted)
{
    struct write w = write_begin(t, db, SQL_EXPIRE);
    write_row(&w, NULL);
    args_i64(&w.args, (int64_t)limit);
    return counted(&w, deleted);
}

enum err store_audit_partitions(struct task *t, struct pg *db, size_t *made)
{
    struct write w = write_begin(t, db, SQL_AUDIT_PARTITIONS);
    write_row(&w, NULL);
    return counted(&w, made);
}

enum err store_audit_retire(struct task *t, struct pg *db, long years, size_t *dropped)
{
    struct write w = write_begin(t, db, SQL_AUDIT_RETIRE);
    write_row(&w, NULL);
    args_i32(&w.args, (int32_t)years);
    return counted(&w, dropped);
}

enum err store_clerk_lock(struct task *t, struct pg *db, bool *have)
{
    struct read read = {.sql = SQL_CLERK_LOCK, .args = args_in(t->arena)};
    TRY(store_read_pinned(t, db, &read));
    struct row r = rows_at(&read.rows, 0);
    *have = row_bool(&r);
    return OK;
}

enum err store_standbys(struct task *t, struct pg *db, int64_t *out)
{
    struct read read = {.sql = SQL_STANDBYS, .args = args_in(t->arena)};
    TRY(store_read(t, db, &read, 1));
    if (read.rows.n != 1) {
        return fail(ERR_INTERNAL, "standbys: no count");
    }
    struct row r = rows_at(&read.rows, 0);
    *out = row_int(&r);
    return OK;
}
