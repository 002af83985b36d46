/* Bucket keys, wrapped by the master key: those that wrap the keys of people. */
#include "store/bucket_key.h"

#include "store/read.h"
#include "store/write.h"

static enum err several(struct task *t, struct pg *db, struct read *read,
                        struct bucket_key_row **out, size_t *n)
{
    TRY(store_read(t, db, read, 1));
    struct bucket_key_row *rows = arena_array(t->arena, read->rows.n, sizeof *rows);
    for (size_t i = 0; i < read->rows.n; i++) {
        struct row r = rows_at(&read->rows, i);
        rows[i].bucket = row_u16(&r);
        rows[i].version = row_u32(&r);
        rows[i].wrapped = row_str(&r);
    }
    *out = rows;
    *n = read->rows.n;
    return OK;
}

enum err store_bucket_keys_newest(struct task *t, struct pg *db, const uint16_t *buckets, size_t n,
                                  struct bucket_key_row **out, size_t *n_out)
{
    struct args wanted = args_in(t->arena);
    struct read read = {.sql = SQL_BUCKET_KEYS_NEWEST, .args = args_in(t->arena)};
    for (size_t i = 0; i < n; i++) {
        args_bucket(&wanted, buckets[i]);
    }
    args_array(&read.args, PG_INT2, &wanted);
    return several(t, db, &read, out, n_out);
}

enum err store_bucket_keys_add(struct task *t, struct pg *db, const struct bucket_key_row *v,
                               size_t n)
{
    struct write w = write_begin(t, db, SQL_BUCKET_KEY_ADD);
    bool applied;
    if (n == 0) {
        return OK;
    }
    for (size_t i = 0; i < n; i++) {
        write_row(&w, NULL); /* a key of a bucket says nothing about anybody */
        args_bucket(&w.args, v[i].bucket);
        args_bytes(&w.args, v[i].wrapped);
    }
    write_key(&w, "first bucket keys", 17);
    return write_commit(&w, &applied);
}

enum err store_bucket_keys(struct task *t, struct pg *db, struct str not_under, size_t limit,
                           struct bucket_key_row **out, size_t *n)
{
    struct read read = {.sql = SQL_BUCKET_KEYS_FIND, .args = args_in(t->arena)};
    args_bytes(&read.args, not_under);
    args_i64(&read.args, (int64_t)limit);
    return several(t, db, &read, out, n);
}

enum err store_bucket_keys_replace(struct task *t, struct pg *db, const struct bucket_key_row *rows,
                                   size_t n, const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_BUCKET_KEYS_REPLACE);
    bool applied;
    if (n == 0) {
        return OK;
    }
    for (size_t i = 0; i < n; i++) {
        write_row(&w, i == 0 ? audit : NULL);
        args_bucket(&w.args, rows[i].bucket);
        args_i32(&w.args, (int32_t)rows[i].version);
        args_bytes(&w.args, rows[i].wrapped);
    }
    write_key(&w, "bucket keys", 11);
    TRY(write_commit(&w, &applied));
    return applied ? OK : fail(ERR_NOT_FOUND, "a bucket key is gone");
}
