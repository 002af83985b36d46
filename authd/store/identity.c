/* People and organisations, for the administrator. */
#include "store/identity.h"

#include "base/buf.h"
#include "store/read.h"
#include "store/write.h"

/* [{"kind":"phone","version":1,"digest":"hex"},…]: kinds are words of ours, so nothing needs
 * escaping. */
static enum err lookups_text(struct arena *a, const struct identity_new *v, struct str *out)
{
    static const char DIGITS[] = "0123456789abcdef";
    static const char *const KINDS[] = {"personal_number", "organisation_code", "phone", "email"};
    struct buf b = buf_in(a);
    buf_byte(&b, '[');
    for (size_t i = 0; i < v->n_lookups; i++) {
        const struct lookup_new *l = &v->lookups[i];
        bool known = false;
        for (size_t k = 0; k < sizeof KINDS / sizeof KINDS[0]; k++) {
            known = known || str_eqz(l->kind, KINDS[k]);
        }
        if (!known) {
            return fail(ERR_INPUT, "identity: no look-up of kind '%.*s'", STR_FMT(l->kind));
        }
        buf_fmt(&b, "%s{\"kind\":\"%.*s\",\"version\":%u,\"digest\":\"", i == 0 ? "" : ",",
                STR_FMT(l->kind), l->key_version);
        for (size_t k = 0; k < sizeof l->digest; k++) {
            buf_byte(&b, DIGITS[l->digest[k] >> 4]);
            buf_byte(&b, DIGITS[l->digest[k] & 0xf]);
        }
        buf_addz(&b, "\"}");
    }
    buf_byte(&b, ']');
    *out = buf_str(&b);
    return OK;
}

static enum err identity_args(struct arena *a, struct args *s, const struct identity_new *v)
{
    struct str lookups;
    TRY(lookups_text(a, v, &lookups));
    args_bucket(s, v->row.bucket);
    args_uuid(s, &v->row.id);
    args_text(s, v->row.kind);
    args_text(s, str_is(v->row.state) ? v->row.state : STR("issued"));
    args_i16(s, v->row.account_level);
    if (v->row.province == 0) {
        args_null(s, PG_INT2);
    } else {
        args_i16(s, (int16_t)v->row.province);
    }
    args_text(s, v->document.kind);
    args_i32(s, (int32_t)v->document.version);
    args_bytes(s, v->document.sealed);
    args_bytes(s, v->document.wrapped_key);
    args_i32(s, (int32_t)v->document.bucket_key_version);
    args_bytes(s, v->bucket_key_is_new ? v->document.wrapped_bucket_key : STR_NONE);
    args_text(s, lookups);
    args_text(s, v->actor);
    args_text(s, v->legal_ground);
    return OK;
}

enum err store_identity_add(struct task *t, struct pg *db, const struct identity_new *v, size_t n,
                            const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_IDENTITY_ADD);
    bool applied;
    if (n == 0) {
        return OK;
    }
    for (size_t i = 0; i < n; i++) {
        struct audit entry = *audit; /* one for each identity */
        entry.bucket = v[i].row.bucket;
        entry.subject = v[i].row.id;
        write_row(&w, &entry);
        TRY(identity_args(t->arena, &w.args, &v[i]));
    }
    return write_commit(&w, &applied);
}

static enum err identity_read(const struct rows *rows, struct identity_row *out)
{
    if (rows->n == 0) {
        return fail(ERR_NOT_FOUND, "no such identity");
    }
    struct row r = rows_at(rows, 0);
    *out = (struct identity_row){0};
    out->id = row_uuid(&r);
    out->bucket = row_u16(&r);
    out->kind = row_str(&r);
    out->state = row_str(&r);
    out->account_level = row_u8(&r);
    out->province = row_u16(&r);
    out->created_at = row_time(&r);
    out->state_changed_at = row_time(&r);
    return OK;
}

enum err store_identity_find(struct task *t, struct pg *db, const struct uuid *id,
                             struct identity_row *out)
{
    struct read read = {.sql = SQL_IDENTITY_FIND, .args = args_in(t->arena)};
    args_bucket(&read.args, bucket_of(id));
    args_uuid(&read.args, id);
    TRY(store_read(t, db, &read, 1));
    return identity_read(&read.rows, out);
}

static void lookup_args(struct task *t, const struct lookup_new *v, size_t n, struct args *out)
{
    struct args kinds = args_in(t->arena), versions = kinds, digests = kinds;
    for (size_t i = 0; i < n; i++) {
        args_text(&kinds, v[i].kind);
        args_i32(&versions, (int32_t)v[i].key_version);
        args_bytes(&digests, str_of(v[i].digest, sizeof v[i].digest));
    }
    *out = args_in(t->arena);
    args_array(out, PG_TEXT, &kinds);
    args_array(out, PG_INT4, &versions);
    args_array(out, PG_BYTEA, &digests);
}

enum err store_identity_known(struct task *t, struct pg *db, const struct lookup_new *v, size_t n,
                              struct identity_known **out, size_t *n_out)
{
    struct read read = {.sql = SQL_IDENTITY_KNOWN};
    lookup_args(t, v, n, &read.args);
    TRY(store_read(t, db, &read, 1));
    struct identity_known *known = arena_array(t->arena, read.rows.n, sizeof *known);
    for (size_t i = 0; i < read.rows.n; i++) {
        struct row r = rows_at(&read.rows, i);
        struct sealed_document *d = &known[i].document;
        known[i].lookup = (size_t)row_int(&r) - 1;
        known[i].account_level = row_u8(&r);
        known[i].kind = row_str(&r);
        d->identity = row_uuid(&r);
        d->kind = row_str(&r);
        d->version = row_u32(&r);
        d->sealed = row_str(&r);
        d->wrapped_key = row_str(&r);
        d->bucket = row_u16(&r);
        d->bucket_key_version = row_u32(&r);
        d->wrapped_bucket_key = row_str(&r);
        known[i].readable =
            str_is(d->sealed) && str_is(d->wrapped_key) && str_is(d->wrapped_bucket_key);
    }
    *out = known;
    *n_out = read.rows.n;
    return OK;
}

enum err store_identity_lookup(struct task *t, struct pg *db, const struct lookup_new *v, size_t n,
                               struct identity_row *out)
{
    struct read read = {.sql = SQL_IDENTITY_LOOKUP};
    lookup_args(t, v, n, &read.args);
    TRY(store_read(t, db, &read, 1));
    return identity_read(&read.rows, out);
}

enum err store_identity_change(struct task *t, struct pg *db, const struct uuid *id,
                               struct str to_state, struct str actor, struct str legal_ground,
                               const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_IDENTITY_CHANGE);
    bool applied;
    write_row(&w, audit);
    args_bucket(&w.args, bucket_of(id));
    args_uuid(&w.args, id);
    args_text(&w.args, to_state);
    args_text(&w.args, actor);
    args_text(&w.args, legal_ground);
    write_key(&w, id->b, sizeof id->b);
    TRY(write_commit(&w, &applied));
    if (applied) {
        return OK;
    }
    struct identity_row now;
    TRY(store_identity_find(t, db, id, &now));
    return fail(ERR_CONFLICT, "an identity that is %.*s can't become %.*s", STR_FMT(now.state),
                STR_FMT(to_state));
}

enum err store_identity_history(struct task *t, struct pg *db, const struct uuid *id,
                                struct identity_change_row **out, size_t *n)
{
    struct read read = {.sql = SQL_IDENTITY_HISTORY, .args = args_in(t->arena)};
    args_bucket(&read.args, bucket_of(id));
    args_uuid(&read.args, id);
    TRY(store_read(t, db, &read, 1));
    struct identity_change_row *rows = arena_array(t->arena, read.rows.n, sizeof *rows);
    for (size_t i = 0; i < read.rows.n; i++) {
        struct row r = rows_at(&read.rows, i);
        rows[i].at = row_time(&r);
        rows[i].from_state = row_str(&r);
        rows[i].to_state = row_str(&r);
        rows[i].actor = row_str(&r);
        rows[i].legal_ground = row_str(&r);
    }
    *out = rows;
    *n = read.rows.n;
    return OK;
}

enum err store_provinces(struct task *t, struct pg *db, struct province_row **out, size_t *n)
{
    struct read read = {.sql = SQL_PROVINCE_LIST, .args = args_in(t->arena)};
    TRY(store_read(t, db, &read, 1));
    struct province_row *rows = arena_array(t->arena, read.rows.n, sizeof *rows);
    for (size_t i = 0; i < read.rows.n; i++) {
        struct row r = rows_at(&read.rows, i);
        rows[i].code = row_u16(&r);
        rows[i].name = row_str(&r);
    }
    *out = rows;
    *n = read.rows.n;
    return OK;
}
