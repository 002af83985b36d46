/* Keys behind clients' jwks_uri: found and wished for by web processes, fetched by the courier. */
#include "store/client_keys.h"

#include "store/read.h"
#include "store/write.h"

enum err store_client_keys_find(struct task *t, struct pg *db, struct str client_id,
                                struct client_keys_row *out)
{
    struct read read = {.sql = SQL_CLIENT_KEYS_FIND, .args = args_in(t->arena)};
    args_text(&read.args, client_id);
    struct row r;
    TRY(store_read_row(t, db, &read, "the client has no jwks_uri", &r));
    out->jwks = row_str(&r);
    out->settled = row_bool(&r);
    return OK;
}

enum err store_client_keys_want(struct task *t, struct pg *db, struct str client_id,
                                int64_t cooldown_s)
{
    struct write w = write_begin(t, db, SQL_CLIENT_KEYS_WANT);
    bool applied; /* not: somebody has wished for them lately */
    write_row(&w, NULL);
    args_text(&w.args, client_id);
    args_i64(&w.args, cooldown_s);
    write_key(&w, client_id.p, client_id.n);
    return write_commit(&w, &applied);
}

enum err store_client_keys_claim(struct task *t, struct pg *db, size_t limit, int64_t lease_s,
                                 struct client_keys_due **out, size_t *n)
{
    struct write w = write_begin(t, db, SQL_CLIENT_KEYS_CLAIM);
    bool applied;
    write_row(&w, NULL);
    args_i64(&w.args, (int64_t)limit);
    args_i64(&w.args, lease_s);
    TRY(write_commit(&w, &applied));
    struct client_keys_due *due = arena_array(t->arena, w.result.n, sizeof *due);
    for (size_t i = 0; i < w.result.n; i++) {
        struct row r = rows_at(&w.result, i);
        due[i].client_id = row_str(&r);
        due[i].uri = row_str(&r);
        due[i].jwks = row_str(&r);
        due[i].failures = row_u32(&r);
    }
    *out = due;
    *n = w.result.n;
    return OK;
}

enum err store_client_keys_settle(struct task *t, struct pg *db, const struct client_keys_due *due,
                                  struct str jwks, struct str error, int64_t delay_s,
                                  const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_CLIENT_KEYS_SETTLE);
    bool applied;
    write_row(&w, audit);
    args_text(&w.args, due->client_id);
    args_text(&w.args, due->uri);
    args_text(&w.args, jwks);
    args_text(&w.args, error);
    args_i64(&w.args, delay_s);
    write_key(&w, due->client_id.p, due->client_id.n);
    TRY(write_commit(&w, &applied));
    return applied ? OK : fail(ERR_NOT_FOUND, "another jwks_uri is registered by now");
}

enum err store_client_keys_next(struct task *t, struct pg *db, int64_t max, int64_t *seconds)
{
    struct read read = {.sql = SQL_CLIENT_KEYS_NEXT, .args = args_in(t->arena)};
    TRY(store_read(t, db, &read, 1));
    int64_t s = max;
    if (read.rows.n == 1) {
        struct row r = rows_at(&read.rows, 0);
        s = row_is_null(&r) ? max : row_int(&r);
    }
    *seconds = s < 0 ? 0 : s > max ? max : s;
    return OK;
}
