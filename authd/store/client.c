/* Registered clients, their secrets and resource servers; one-time identifiers. */
#include "store/client.h"

#include <string.h>

#include "store/client_cache.h"
#include "store/read.h"
#include "store/resource_cache.h"
#include "store/write.h"

static void client_read(struct row *r, struct client_row *out)
{
    *out = (struct client_row){0};
    out->id = row_str(r);
    out->active = row_bool(r);
    out->metadata = row_str(r);
    out->account_level_floor = row_u8(r);
    out->authentication_level_floor = row_u8(r);
    out->consent_exempt = row_bool(r);
    out->sector = row_str(r);
    out->version = (uint64_t)row_int(r);
    struct str hashes = row_str(r);
    while (hashes.n >= SHA256_SIZE &&
           out->n_secrets < sizeof out->secrets / sizeof out->secrets[0]) {
        memcpy(out->secrets[out->n_secrets++].b, hashes.p, SHA256_SIZE);
        hashes = str_of(hashes.p + SHA256_SIZE, hashes.n - SHA256_SIZE);
    }
}

enum err store_client_find(struct task *t, struct pg *db, struct str id, struct client_row *out)
{
    if (client_cache_get(t->arena, db, id, out)) {
        return OK;
    }
    uint64_t epoch = client_cache_epoch(db);
    struct read read = {.sql = SQL_CLIENT_FIND, .args = args_in(t->arena)};
    args_text(&read.args, id);
    struct row r;
    TRY(store_read_row(t, db, &read, "no such client", &r));
    client_read(&r, out);
    int64_t lifetime_s = row_is_null(&r) ? 0 : row_int(&r) + 1;
    client_cache_put(db, epoch, out, lifetime_s);
    return OK;
}

enum err store_client_list(struct task *t, struct pg *db, struct client_row **out, size_t *n)
{
    struct read read = {.sql = SQL_CLIENT_LIST, .args = args_in(t->arena)};
    TRY(store_read(t, db, &read, 1));
    struct client_row *rows = arena_array(t->arena, read.rows.n, sizeof *rows);
    for (size_t i = 0; i < read.rows.n; i++) {
        struct row r = rows_at(&read.rows, i);
        client_read(&r, &rows[i]);
    }
    *out = rows;
    *n = read.rows.n;
    return OK;
}

enum err store_resource_list(struct task *t, struct pg *db, const struct resource_row **out,
                             size_t *n)
{
    struct read read = {.sql = SQL_RESOURCE_LIST, .args = args_in(t->arena)};
    TRY(store_read(t, db, &read, 1));
    struct resource_row *rows = arena_array(t->arena, read.rows.n, sizeof *rows);
    for (size_t i = 0; i < read.rows.n; i++) {
        struct row r = rows_at(&read.rows, i);
        rows[i].audience = row_str(&r);
        rows[i].name = row_str(&r);
        rows[i].scopes = row_str(&r);
        rows[i].client_id = row_str(&r);
        rows[i].may_introspect = row_bool(&r);
    }
    *out = rows;
    *n = read.rows.n;
    return OK;
}

enum err store_resources(struct task *t, struct pg *db, const struct resource_row **out, size_t *n)
{
    if (resource_cache_get(t->arena, db, out, n)) {
        return OK;
    }
    uint64_t epoch = resource_cache_epoch(db);
    TRY(store_resource_list(t, db, out, n));
    resource_cache_put(db, epoch, *out, *n);
    return OK;
}

static void client_args(struct args *s, const struct client_row *row)
{
    args_text(s, row->id);
    args_bool(s, row->active);
    args_text(s, row->metadata);
    args_i16(s, row->account_level_floor);
    args_i16(s, row->authentication_level_floor);
    args_bool(s, row->consent_exempt);
}

static enum err commit_or(struct write *w, enum err otherwise, const char *why)
{
    bool applied;
    TRY(write_commit(w, &applied));
    return applied ? OK : fail(otherwise, "%s", why);
}

enum err store_client_create(struct task *t, struct pg *db, const struct client_row *row,
                             const struct sha256 *secret, const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_CLIENT_CREATE);
    write_row(&w, audit);
    client_args(&w.args, row);
    args_text(&w.args, row->sector);
    args_hash(&w.args, secret);
    write_key(&w, row->id.p, row->id.n);
    return commit_or(&w, ERR_CONFLICT, "a client of that name exists");
}

enum err store_client_update(struct task *t, struct pg *db, const struct client_row *row,
                             const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_CLIENT_UPDATE);
    write_row(&w, audit);
    client_args(&w.args, row);
    write_key(&w, row->id.p, row->id.n);
    return commit_or(&w, ERR_NOT_FOUND, "no such client");
}

enum err store_client_disable(struct task *t, struct pg *db, struct str id,
                              const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_CLIENT_DISABLE);
    write_row(&w, audit);
    args_text(&w.args, id);
    write_key(&w, id.p, id.n);
    return commit_or(&w, ERR_NOT_FOUND, "no such client");
}

enum err store_client_rotate_secret(struct task *t, struct pg *db, struct str id,
                                    const struct sha256 *secret, int64_t overlap_s,
                                    const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_CLIENT_ROTATE_SECRET);
    write_row(&w, audit);
    args_text(&w.args, id);
    args_hash(&w.args, secret);
    args_i64(&w.args, overlap_s);
    write_key(&w, id.p, id.n);
    return commit_or(&w, ERR_NOT_FOUND, "no such client");
}

enum err store_resource_put(struct task *t, struct pg *db, const struct resource_row *row,
                            const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_RESOURCE_PUT);
    write_row(&w, audit);
    args_text(&w.args, row->audience);
    args_text(&w.args, row->name);
    args_text(&w.args, row->scopes);
    args_text(&w.args, str_is(row->client_id) ? row->client_id : STR_NONE);
    args_bool(&w.args, row->may_introspect);
    write_key(&w, row->audience.p, row->audience.n);
    return commit_or(&w, ERR_CONFLICT, "the resource server was not written");
}

enum err store_replay_use(struct task *t, struct pg *db, const struct sha256 *hash,
                          int64_t expires_at, const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_REPLAY_USE);
    write_row(&w, audit);
    args_hash(&w.args, hash);
    args_time(&w.args, expires_at);
    write_key(&w, hash->b, sizeof hash->b);
    return commit_or(&w, ERR_CONFLICT, "the identifier has been used before");
}

enum err store_logo_put(struct task *t, struct pg *db, struct str name, struct str bytes)
{
    struct write w = write_begin(t, db, SQL_LOGO_PUT);
    bool applied;
    write_row(&w, NULL);
    args_text(&w.args, name);
    args_bytes(&w.args, bytes);
    write_key(&w, name.p, name.n);
    return write_commit(&w, &applied);
}

enum err store_logo_find(struct task *t, struct pg *db, struct str name, struct str *bytes)
{
    struct read read = {.sql = SQL_LOGO_FIND, .args = args_in(t->arena)};
    args_text(&read.args, name);
    struct row r;
    TRY(store_read_row(t, db, &read, "no such logo", &r));
    *bytes = row_str(&r);
    return OK;
}
