/* Credentials and throttles, for the verifier.  The same statements run whether or not somebody is
 * found. */
#include "store/credential.h"

#include <string.h>

#include "base/rand.h"
#include "store/audit_args.h"
#include "store/vault_conn.h"

enum err vault_keys(struct arena *a, struct vault *v, struct vault_key **out, size_t *n)
{
    struct read read = {.sql = SQL_VAULT_KEYS, .args = args_in(a)};
    TRY(vault_run(a, v, true, &read, 1));
    struct vault_key *keys = arena_array(a, read.rows.n, sizeof *keys);
    for (size_t i = 0; i < read.rows.n; i++) {
        struct row r = rows_at(&read.rows, i);
        keys[i].kid = row_str(&r);
        keys[i].use = row_str(&r);
        keys[i].state = row_str(&r);
        keys[i].sealed = row_str(&r);
        keys[i].version = row_u32(&r);
    }
    *out = keys;
    *n = read.rows.n;
    return OK;
}

static void account_read(const struct rows *rows, struct vault_account *out)
{
    *out = (struct vault_account){
        .account_level = 1, .state = STR("active"), .kind = STR("person"), .pepper_version = 1};
    uuid_random(&out->identity);
    uuid_random(&out->credential);
    if (rows->n == 0) {
        return;
    }
    struct row r = rows_at(rows, 0);
    out->found = true;
    out->identity = row_uuid(&r);
    out->account_level = row_u8(&r);
    out->state = row_str(&r);
    out->kind = row_str(&r);
    out->generation = row_u32(&r);
    out->verifier = row_str(&r);
    if (out->verifier.p != NULL) {
        out->pepper_version = row_u32(&r);
        out->credential = row_uuid(&r);
    }
}

static struct read numbers_read(struct arena *a, enum sql_name sql, const uint32_t *versions,
                                const uint8_t (*digests)[32], size_t n)
{
    struct args numbers = args_in(a), hashes = args_in(a);
    struct read read = {.sql = sql, .args = args_in(a)};
    for (size_t i = 0; i < n; i++) {
        args_i32(&numbers, (int32_t)versions[i]);
        args_bytes(&hashes, str_of(digests[i], sizeof digests[i]));
    }
    args_array(&read.args, PG_INT4, &numbers);
    args_array(&read.args, PG_BYTEA, &hashes);
    return read;
}

static struct read throttles_ask(struct arena *a, const struct vault_throttle throttles[2])
{
    struct read read = {.sql = SQL_VAULT_THROTTLE, .args = args_in(a)};
    struct args keys = args_in(a);
    for (size_t i = 0; i < 2; i++) {
        args_bytes(&keys, str_of(throttles[i].key, sizeof throttles[i].key));
    }
    args_array(&read.args, PG_BYTEA, &keys);
    return read;
}

static void throttles_read(const struct rows *rows, struct vault_throttle throttles[2])
{
    for (size_t i = 0; i < 2; i++) {
        throttles[i].failures = 0;
        throttles[i].blocked_for_s = 0;
        for (size_t k = 0; k < rows->n; k++) {
            struct row r = rows_at(rows, k);
            if (str_eq(row_str(&r), str_of(throttles[i].key, sizeof throttles[i].key))) {
                throttles[i].failures = row_u32(&r);
                throttles[i].blocked_for_s = row_int(&r);
            }
        }
    }
}

enum err vault_read(struct arena *a, struct vault *v, const uint32_t *versions,
                    const uint8_t (*digests)[32], size_t n_digests,
                    struct vault_throttle throttles[2], struct vault_account *out)
{
    struct read reads[] = {numbers_read(a, SQL_VAULT_ACCOUNT, versions, digests, n_digests),
                           throttles_ask(a, throttles)};
    TRY(vault_run(a, v, true, reads, 2));
    account_read(&reads[0].rows, out);
    throttles_read(&reads[1].rows, throttles);
    return OK;
}

enum err vault_read_session(struct arena *a, struct vault *v, const struct uuid *subject,
                            const struct uuid *session, struct vault_throttle throttles[2],
                            struct vault_account *out)
{
    struct read reads[] = {{.sql = SQL_VAULT_SESSION_ACCOUNT, .args = args_in(a)},
                           throttles_ask(a, throttles)};
    args_bucket(&reads[0].args, bucket_of(subject));
    args_uuid(&reads[0].args, session);
    args_uuid(&reads[0].args, subject);
    TRY(vault_run(a, v, true, reads, 2));
    account_read(&reads[0].rows, out);
    throttles_read(&reads[1].rows, throttles);
    return OK;
}

static void code_read(const struct rows *rows, struct vault_account *account,
                      struct vault_code *code)
{
    struct rows none = {0};
    account_read(&none, account); /* stand-ins */
    *code = (struct vault_code){.pepper_version = 0};
    rand_bytes(code->digest, sizeof code->digest);
    uuid_random(&code->id);
    if (rows->n == 0) {
        return;
    }
    struct row r = rows_at(rows, 0);
    account->found = true;
    account->identity = row_uuid(&r);
    account->account_level = row_u8(&r);
    account->state = row_str(&r);
    account->kind = row_str(&r);
    if (row_is_null(&r)) {
        return;
    }
    code->found = true;
    code->id = row_uuid(&r);
    struct sha256 digest = row_hash(&r);
    memcpy(code->digest, digest.b, sizeof code->digest);
    code->pepper_version = row_u32(&r);
    code->expired = row_bool(&r);
}

enum err vault_read_code(struct arena *a, struct vault *v, const uint32_t *versions,
                         const uint8_t (*digests)[32], size_t n_digests,
                         struct vault_throttle throttles[2], struct vault_account *out,
                         struct vault_code *code)
{
    struct read reads[] = {numbers_read(a, SQL_VAULT_CODE, versions, digests, n_digests),
                           throttles_ask(a, throttles)};
    TRY(vault_run(a, v, true, reads, 2));
    code_read(&reads[0].rows, out, code);
    throttles_read(&reads[1].rows, throttles);
    return OK;
}

/* Every parameter of a batched statement is an array; the vault gives arrays of one. */
static void as_arrays(struct arena *a, struct args *s)
{
    struct args arrays = args_in(a);
    for (size_t i = 0; i < s->n; i++) {
        args_array(&arrays, s->v[i].type, &(struct args){.v = &s->v[i], .n = 1});
    }
    *s = arrays;
}

static struct read entry(struct arena *a, enum sql_name sql, const struct audit *audit,
                         const uint8_t request_id[16])
{
    struct read read = {.sql = sql, .args = args_in(a)};
    struct uuid request, id = {{0}};
    memcpy(request.b, request_id, sizeof request.b);
    if (audit != NULL) {
        uuid_random(&id);
    }
    audit_args(&read.args, audit, &id, &request);
    return read;
}

enum err vault_finish(struct arena *a, struct vault *v, const struct vault_result *r)
{
    struct read read = entry(a, SQL_VAULT_FINISH, r->audit, r->request_id);
    args_bool(&read.args, r->accepted);
    for (size_t i = 0; i < 2; i++) {
        args_bytes(&read.args, str_of(r->throttles[i].key, sizeof r->throttles[i].key));
    }
    args_i64(&read.args, r->window_s);
    args_i32(&read.args, (int32_t)r->limit_account);
    args_i32(&read.args, (int32_t)r->limit_address);
    args_text(&read.args, str_is(r->upgraded) ? r->upgraded : STR_NONE);
    args_i32(&read.args, (int32_t)r->upgraded_pepper);
    args_bucket(&read.args, bucket_of(&r->identity));
    args_uuid(&read.args, &r->identity);
    args_uuid(&read.args, &r->credential);
    args_text(&read.args, r->checked);
    as_arrays(a, &read.args);
    return vault_run(a, v, false, &read, 1);
}

enum err vault_audit(struct arena *a, struct vault *v, const struct audit *audit,
                     const uint8_t request_id[16])
{
    struct read read = entry(a, SQL_AUDIT_WRITE, audit, request_id);
    as_arrays(a, &read.args);
    return vault_run(a, v, false, &read, 1);
}

enum err vault_set_password(struct arena *a, struct vault *v, const struct uuid *identity,
                            struct str verifier, uint32_t pepper_version, const struct audit *audit,
                            const uint8_t request_id[16])
{
    struct read read = entry(a, SQL_VAULT_SET_PASSWORD, audit, request_id);
    args_bucket(&read.args, bucket_of(identity));
    args_uuid(&read.args, identity);
    args_text(&read.args, verifier);
    args_i32(&read.args, (int32_t)pepper_version);
    as_arrays(a, &read.args);
    TRY(vault_run(a, v, false, &read, 1));
    return read.rows.n == 1 ? OK : fail(ERR_NOT_FOUND, "no such identity");
}

enum err vault_change_password(struct arena *a, struct vault *v, const struct vault_change *c)
{
    struct read read = entry(a, SQL_VAULT_CHANGE_PASSWORD, c->audit, c->request_id);
    args_bucket(&read.args, bucket_of(&c->identity));
    args_uuid(&read.args, &c->identity);
    args_uuid(&read.args, &c->session);
    args_text(&read.args, c->old);
    args_text(&read.args, c->verifier);
    args_i32(&read.args, (int32_t)c->pepper_version);
    args_bool(&read.args, c->shut);
    args_uuid(&read.args, &c->credential);
    as_arrays(a, &read.args);
    TRY(vault_run(a, v, false, &read, 1));
    return read.rows.n == 1 ? OK : fail(ERR_CONFLICT, "the session or the old password is over");
}

enum err vault_lock_own(struct arena *a, struct vault *v, const struct uuid *identity,
                        const struct uuid *session, const struct audit *audit,
                        const uint8_t request_id[16])
{
    struct read read = entry(a, SQL_VAULT_LOCK_OWN, audit, request_id);
    args_bucket(&read.args, bucket_of(identity));
    args_uuid(&read.args, identity);
    args_uuid(&read.args, session);
    as_arrays(a, &read.args);
    TRY(vault_run(a, v, false, &read, 1));
    return read.rows.n == 1 ? OK : fail(ERR_CONFLICT, "the session is over or the account is shut");
}

enum err vault_history(struct arena *a, struct vault *v, const struct uuid *identity,
                       const struct uuid *session, int64_t before_us, bool *lives,
                       struct vault_use **out, size_t *n, int64_t *older_us)
{
    struct read reads[] = {{.sql = SQL_VAULT_SESSION_LIVES, .args = args_in(a)},
                           {.sql = SQL_VAULT_HISTORY, .args = args_in(a)}};
    for (size_t i = 0; i < 2; i++) {
        args_bucket(&reads[i].args, bucket_of(identity));
        args_uuid(&reads[i].args, identity);
    }
    args_uuid(&reads[0].args, session);
    args_i64(&reads[1].args, before_us);
    TRY(vault_run(a, v, true, reads, 2));
    *older_us = 0;
    struct vault_use *uses = arena_array(a, reads[1].rows.n, sizeof *uses);
    for (size_t i = 0; i < reads[1].rows.n; i++) {
        struct row r = rows_at(&reads[1].rows, i);
        uses[i] = (struct vault_use){.at = row_time(&r)};
        uses[i].event = row_str(&r);
        uses[i].refused = row_bool(&r);
        uses[i].client_id = row_str(&r);
        uses[i].times = row_int(&r);
        *older_us = row_int(&r);
    }
    *lives = reads[0].rows.n == 1;
    *out = uses;
    *n = reads[1].rows.n;
    return OK;
}

enum err vault_code_put(struct arena *a, struct vault *v, const struct vault_code_new *in,
                        struct vault_code_made *out)
{
    struct read read = entry(a, SQL_VAULT_CODE_PUT, in->audit, in->request_id);
    args_bucket(&read.args, bucket_of(&in->identity));
    args_uuid(&read.args, &in->identity);
    args_uuid(&read.args, &in->code->id);
    args_bytes(&read.args, str_of(in->code->digest, sizeof in->code->digest));
    args_i32(&read.args, (int32_t)in->code->pepper_version);
    args_i64(&read.args, in->lifetime_s);
    args_bool(&read.args, in->recover);
    as_arrays(a, &read.args);
    TRY(vault_run(a, v, false, &read, 1));
    if (read.rows.n == 0) {
        return fail(ERR_NOT_FOUND, "no such identity");
    }
    struct row r = rows_at(&read.rows, 0);
    struct str kind = row_str(&r), state = row_str(&r);
    bool has_password = row_bool(&r);
    if (!str_eqz(kind, "person") || !str_eqz(state, "active")) {
        return fail(ERR_DENIED,
                    "one-time code: for a person whose account is active; this is %s %.*s",
                    str_eqz(kind, "person") ? "a person," : "no person,", STR_FMT(state));
    }
    if (row_is_null(&r)) {
        return fail(ERR_CONFLICT, "one-time code: this person has a password; with --recover the "
                                  "code will replace it and end the sessions and grants");
    }
    out->had_password = has_password;
    out->expires_at = row_time(&r);
    return OK;
}

enum err vault_first_password(struct arena *a, struct vault *v, const struct uuid *identity,
                              const struct uuid *code, struct str verifier, uint32_t pepper_version,
                              const struct audit *audit, const uint8_t request_id[16],
                              uint32_t *generation)
{
    struct read read = entry(a, SQL_VAULT_FIRST_PASSWORD, audit, request_id);
    args_bucket(&read.args, bucket_of(identity));
    args_uuid(&read.args, identity);
    args_uuid(&read.args, code);
    args_text(&read.args, verifier);
    args_i32(&read.args, (int32_t)pepper_version);
    as_arrays(a, &read.args);
    TRY(vault_run(a, v, false, &read, 1));
    if (read.rows.n == 0) {
        return fail(ERR_CONFLICT, "the code was used, replaced or is over");
    }
    struct row r = rows_at(&read.rows, 0);
    row_skip(&r, 1); /* the ordinal */
    *generation = row_u32(&r);
    return OK;
}
