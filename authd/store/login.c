/* Authorization requests and logins in progress, and the table of a login's transitions. */
#include "store/login.h"

#include <string.h>

#include "store/read.h"
#include "store/write.h"

/* What a login may come from, for each state it may move to. */
static const struct {
    const char *name, *from;
} STATES[] = {
    [LOGIN_LOGIN] = {"login", "select"},
    [LOGIN_SELECT] = {"select", ""},
    [LOGIN_CONSENT] = {"consent", "login select"},
    [LOGIN_DONE] = {"done", "login select consent"},
    [LOGIN_REFUSED] = {"refused", "login select consent"},
};
#define STATES_N (sizeof STATES / sizeof STATES[0])

/* A random id whose first 12 bits are the bucket of the handle. */
static struct uuid id_in(uint16_t bucket)
{
    struct uuid id;
    uuid_random(&id);
    id.b[0] = (uint8_t)(bucket >> 4);
    id.b[1] = (uint8_t)((bucket & 15) << 4 | (id.b[1] & 15));
    return id;
}

enum err store_request_push(struct task *t, struct pg *db, const struct handle *h,
                            struct str client_id, struct str parameters, int64_t lifetime_s)
{
    struct uuid id = id_in(h->bucket);
    struct write w = write_begin(t, db, SQL_REQUEST_PUSH);
    bool applied;
    write_row(&w, NULL);
    args_bucket(&w.args, h->bucket);
    args_uuid(&w.args, &id);
    args_hash(&w.args, &h->hash);
    args_text(&w.args, client_id);
    args_text(&w.args, parameters);
    args_i64(&w.args, lifetime_s);
    write_key(&w, id.b, sizeof id.b);
    return write_commit(&w, &applied);
}

enum err store_request_find(struct task *t, struct pg *db, const struct handle *h,
                            struct request_row *out)
{
    struct read read = {.sql = SQL_REQUEST_FIND, .args = args_in(t->arena)};
    args_bucket(&read.args, h->bucket);
    args_hash(&read.args, &h->hash);
    struct row r;
    TRY(store_read_row(t, db, &read, "no such authorization request", &r));
    struct request_row row = {0};
    row.id = row_uuid(&r);
    row.bucket = row_u16(&r);
    row.client_id = row_str(&r);
    row.pushed = row_bool(&r);
    row.used = row_bool(&r);
    row.parameters = row_str(&r);
    row.created_at = row_time(&r);
    row.expires_at = row_time(&r);
    if (row_bool(&r)) {
        return fail(ERR_EXPIRED, "the authorization request has expired");
    }
    *out = row;
    return OK;
}

/* spec: RFC 9126 §7.3 a request_uri is used once */
static enum err create_pushed(struct task *t, struct pg *db, const struct handle *h,
                              const struct sha256 *browser, const struct handle *pushed,
                              struct str client_id, enum login_state state, int64_t lifetime_s)
{
    if (pushed->bucket != h->bucket) {
        return fail(ERR_INPUT, "login: the pushed request is of another bucket");
    }
    struct uuid id = id_in(h->bucket);
    struct write w = write_begin(t, db, SQL_LOGIN_CREATE_PUSHED);
    bool applied;
    write_row(&w, NULL);
    args_bucket(&w.args, h->bucket);
    args_uuid(&w.args, &id);
    args_hash(&w.args, &h->hash);
    args_hash(&w.args, browser);
    args_hash(&w.args, &pushed->hash);
    args_text(&w.args, client_id);
    args_z(&w.args, STATES[state].name);
    args_i64(&w.args, lifetime_s);
    write_key(&w, pushed->hash.b, sizeof pushed->hash.b);
    TRY(write_commit(&w, &applied));
    if (applied) {
        return OK;
    }
    struct request_row row;
    TRY(store_request_find(t, db, pushed, &row));
    if (!str_eq(row.client_id, client_id)) {
        return fail(ERR_NOT_FOUND, "the pushed request is of another client");
    }
    return fail(ERR_CONFLICT, "the pushed request has been used");
}

enum err store_login_create(struct task *t, struct pg *db, const struct handle *h,
                            const struct sha256 *browser, const struct handle *pushed,
                            struct str client_id, struct str parameters, enum login_state state,
                            int64_t lifetime_s)
{
    if (pushed != NULL) {
        return create_pushed(t, db, h, browser, pushed, client_id, state, lifetime_s);
    }
    struct uuid id = id_in(h->bucket), request = id_in(h->bucket);
    struct write w = write_begin(t, db, SQL_LOGIN_CREATE);
    bool applied;
    write_row(&w, NULL);
    args_bucket(&w.args, h->bucket);
    args_uuid(&w.args, &id);
    args_hash(&w.args, &h->hash);
    args_hash(&w.args, browser);
    args_uuid(&w.args, &request);
    args_text(&w.args, client_id);
    args_text(&w.args, parameters);
    args_z(&w.args, STATES[state].name);
    args_i64(&w.args, lifetime_s);
    write_key(&w, id.b, sizeof id.b);
    return write_commit(&w, &applied);
}

static enum err state_read(struct str name, enum login_state *out)
{
    for (size_t i = 0; i < STATES_N; i++) {
        if (str_eqz(name, STATES[i].name)) {
            *out = (enum login_state)i;
            return OK;
        }
    }
    return fail(ERR_INTERNAL, "login: no state '%.*s'", STR_FMT(name));
}

enum err store_login_find(struct task *t, struct pg *db, const struct handle *h,
                          struct login_row *out)
{
    struct read read = {.sql = SQL_LOGIN_FIND, .args = args_in(t->arena)};
    args_bucket(&read.args, h->bucket);
    args_hash(&read.args, &h->hash);
    struct row r;
    TRY(store_read_row(t, db, &read, "no such login", &r));
    struct login_row row = {0};
    row.id = row_uuid(&r);
    row.bucket = row_u16(&r);
    TRY(state_read(row_str(&r), &row.state));
    row.browser = row_hash(&r);
    row.client_id = row_str(&r);
    row.session_bucket = row_u16(&r);
    row.has_session = !row_is_null(&r);
    row.session_id = row_uuid(&r);
    row.authenticated_at = row_time(&r);
    row.expires_at = row_time(&r);
    if (row_bool(&r)) {
        return fail(ERR_EXPIRED, "the login has expired");
    }
    row.request.id = row_uuid(&r);
    row.request.bucket = row_u16(&r);
    row.request.client_id = row_str(&r);
    row.request.pushed = row_bool(&r);
    row.request.used = row_bool(&r);
    row.request.parameters = row_str(&r);
    row.request.created_at = row_time(&r);
    row.request.expires_at = row_time(&r);
    *out = row;
    return OK;
}

enum err store_login_move(struct task *t, struct pg *db, const struct login_row *login,
                          enum login_state to, const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_LOGIN_MOVE);
    bool applied;
    write_row(&w, audit);
    args_bucket(&w.args, login->bucket);
    args_uuid(&w.args, &login->id);
    args_z(&w.args, STATES[to].from);
    args_z(&w.args, STATES[to].name);
    write_key(&w, login->id.b, sizeof login->id.b);
    TRY(write_commit(&w, &applied));
    return applied ? OK : fail(ERR_CONFLICT, "the login can't move to '%s'", STATES[to].name);
}

enum err store_login_attach(struct task *t, struct pg *db, const struct login_row *login,
                            uint16_t session_bucket, const struct uuid *session,
                            bool authenticated_now)
{
    struct write w = write_begin(t, db, SQL_LOGIN_ATTACH);
    bool applied;
    write_row(&w, NULL);
    args_bucket(&w.args, login->bucket);
    args_uuid(&w.args, &login->id);
    args_bucket(&w.args, session_bucket);
    args_uuid(&w.args, session);
    args_bool(&w.args, authenticated_now);
    write_key(&w, login->id.b, sizeof login->id.b);
    TRY(write_commit(&w, &applied));
    return applied ? OK : fail(ERR_CONFLICT, "the login is over");
}
