/* SSO sessions. */
#include "store/session.h"

#include "store/find.h"
#include "store/grant_columns.h"
#include "store/read.h"
#include "store/write.h"

static void session_read(struct row *r, struct session_row *out)
{
    *out = (struct session_row){0};
    out->bucket = row_u16(r);
    out->id = row_uuid(r);
    out->hash = row_hash(r);
    out->subject = row_uuid(r);
    out->actor = row_uuid(r);
    out->mandate = row_uuid(r);
    out->proof = row_str(r);
    out->account_level = row_u8(r);
    out->authentication_level = row_u8(r);
    out->amr = row_u32(r);
    out->auth_time = row_time(r);
    out->created_at = row_time(r);
    out->last_seen_at = row_time(r);
    out->expires_at = row_time(r);
    out->ended_at = row_time(r);
    out->identity_state = row_str(r);
    out->device = row_str(r);
}

enum err store_session_create(struct task *t, struct pg *db, const struct session_row *row,
                              const uint16_t *login_bucket, const struct uuid *login_id,
                              const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_SESSION_CREATE);
    bool applied;
    write_row(&w, audit);
    args_bucket(&w.args, row->bucket);
    args_uuid(&w.args, &row->id);
    args_hash(&w.args, &row->hash);
    args_uuid(&w.args, &row->subject);
    args_uuid(&w.args, &row->actor);
    args_uuid(&w.args, &row->mandate);
    args_bytes(&w.args, row->proof);
    args_i16(&w.args, row->account_level);
    args_i16(&w.args, row->authentication_level);
    args_i32(&w.args, (int32_t)row->amr);
    args_time(&w.args, row->auth_time);
    args_time(&w.args, row->expires_at);
    args_text(&w.args, row->device);
    if (login_id == NULL) {
        args_null(&w.args, PG_INT2);
    } else {
        args_bucket(&w.args, *login_bucket);
        write_key(&w, login_id->b, sizeof login_id->b);
    }
    args_uuid(&w.args, login_id);
    args_i32(&w.args, (int32_t)row->generation);
    write_key(&w, row->id.b, sizeof row->id.b);
    TRY(write_commit(&w, &applied));
    return applied ? OK
                   : fail(ERR_CONFLICT, "the login is over, the identity is not active any more or "
                                        "has a new password since");
}

static void touch(struct task *t, struct pg *db, const struct session_row *row)
{
    struct write w = write_begin(t, db, SQL_SESSION_TOUCH);
    write_row(&w, NULL);
    args_bucket(&w.args, row->bucket);
    args_uuid(&w.args, &row->id);
    write_key(&w, row->id.b, sizeof row->id.b);
    write_leave(&w);
}

enum err store_session_find(struct task *t, struct pg *db, const struct handle *h, int64_t idle_s,
                            struct str client_id, struct session_row *out,
                            struct consent_row *consent)
{
    struct read read = {.sql = SQL_SESSION_FIND, .args = args_in(t->arena)};
    args_bucket(&read.args, h->bucket);
    args_hash(&read.args, &h->hash);
    args_i64(&read.args, idle_s);
    args_text(&read.args, client_id);
    struct row r;
    TRY(store_find(t, db, &read, &r));
    session_read(&r, out);
    if (row_bool(&r)) {
        touch(t, db, out);
    }
    consent_columns_read(&r, consent);
    return OK;
}

enum err store_session_list(struct task *t, struct pg *db, uint16_t bucket,
                            const struct uuid *subject, struct session_row **out, size_t *n)
{
    struct read read = {.sql = SQL_SESSION_LIST, .args = args_in(t->arena)};
    args_bucket(&read.args, bucket);
    args_uuid(&read.args, subject);
    TRY(store_read(t, db, &read, 1));
    struct session_row *rows = arena_array(t->arena, read.rows.n, sizeof *rows);
    for (size_t i = 0; i < read.rows.n; i++) {
        struct row r = rows_at(&read.rows, i);
        session_read(&r, &rows[i]);
    }
    *out = rows;
    *n = read.rows.n;
    return OK;
}

static enum err end(struct task *t, struct pg *db, enum sql_name sql, uint16_t bucket,
                    const struct uuid *id, struct str reason, const struct audit *audit)
{
    struct write w = write_begin(t, db, sql);
    bool applied;
    write_row(&w, audit);
    args_bucket(&w.args, bucket);
    args_uuid(&w.args, id);
    args_text(&w.args, reason);
    write_key(&w, id->b, sizeof id->b);
    return write_commit(&w, &applied);
}

enum err store_session_end(struct task *t, struct pg *db, uint16_t bucket, const struct uuid *id,
                           struct str reason, const struct audit *audit)
{
    return end(t, db, SQL_SESSION_END, bucket, id, reason, audit);
}

enum err store_session_end_all(struct task *t, struct pg *db, uint16_t bucket,
                               const struct uuid *subject, struct str reason,
                               const struct audit *audit)
{
    return end(t, db, SQL_SESSION_END_ALL, bucket, subject, reason, audit);
}
