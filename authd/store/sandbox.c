/* See sandbox.h. */
#include "store/sandbox.h"

#include "signer/handle.h"
#include "store/read.h"
#include "store/write.h"

static struct read reading(struct task *t, enum sql_name sql)
{
    return (struct read){.sql = sql, .args = args_in(t->arena)};
}

/* The one number that the statement answers. */
static enum err commit_number(struct write *w, int64_t *out)
{
    bool applied;
    TRY(write_commit(w, &applied));
    if (w->result.n != 1) {
        return fail(ERR_INTERNAL, "sandbox: no row");
    }
    struct row r = rows_at(&w->result, 0);
    *out = row_int(&r);
    return OK;
}

static enum err commit(struct write *w)
{
    int64_t ignored;
    return commit_number(w, &ignored);
}

enum err store_sandbox_shift(struct task *t, struct pg *db, int64_t *out)
{
    struct read read = reading(t, SQL_SANDBOX_SHIFT);
    TRY(store_read(t, db, &read, 1));
    if (read.rows.n != 1) {
        return fail(ERR_INTERNAL, "sandbox: no clock");
    }
    struct row r = rows_at(&read.rows, 0);
    *out = row_int(&r);
    return OK;
}

enum err store_sandbox_clock_set(struct task *t, struct pg *db, int64_t shift_s, int64_t *out)
{
    struct write w = write_begin(t, db, SQL_SANDBOX_CLOCK_SET);
    write_row(&w, NULL);
    args_i64(&w.args, shift_s);
    return commit_number(&w, out);
}

enum err store_sandbox_tick(struct task *t, struct pg *db)
{
    struct write w = write_begin(t, db, SQL_SANDBOX_TICK);
    write_row(&w, NULL);
    return commit(&w);
}

enum err store_sandbox_people(struct task *t, struct pg *db, struct sandbox_person **out, size_t *n)
{
    struct read read = reading(t, SQL_SANDBOX_PEOPLE);
    TRY(store_read(t, db, &read, 1));
    struct sandbox_person *all = arena_array(t->arena, read.rows.n + 1, sizeof *all);
    for (size_t i = 0; i < read.rows.n; i++) {
        struct row r = rows_at(&read.rows, i);
        all[i].key = row_str(&r);
        all[i].code = row_str(&r);
        all[i].state = row_str(&r);
    }
    *out = all;
    *n = read.rows.n;
    return OK;
}

enum err store_sandbox_person_put(struct task *t, struct pg *db, struct str key,
                                  const struct uuid *id, struct str code, const uint8_t *throttle)
{
    struct write w = write_begin(t, db, SQL_SANDBOX_PERSON_PUT);
    write_row(&w, NULL);
    args_text(&w.args, key);
    args_bucket(&w.args, bucket_of(id));
    args_uuid(&w.args, id);
    args_text(&w.args, code);
    if (throttle != NULL) {
        args_bytes(&w.args, str_of((const char *)throttle, SHA256_SIZE));
    } else {
        args_null(&w.args, PG_BYTEA);
    }
    return commit(&w);
}

enum err store_sandbox_person_restore(struct task *t, struct pg *db, const struct uuid *id,
                                      const char *state, bool forget)
{
    struct write w = write_begin(t, db, SQL_SANDBOX_PERSON_RESTORE);
    write_row(&w, NULL);
    args_bucket(&w.args, bucket_of(id));
    args_uuid(&w.args, id);
    args_z(&w.args, state);
    args_bool(&w.args, forget);
    return commit(&w);
}

enum err store_sandbox_clients(struct task *t, struct pg *db, struct sandbox_client **out,
                               size_t *n)
{
    struct read read = reading(t, SQL_SANDBOX_CLIENTS);
    TRY(store_read(t, db, &read, 1));
    struct sandbox_client *all = arena_array(t->arena, read.rows.n + 1, sizeof *all);
    for (size_t i = 0; i < read.rows.n; i++) {
        struct row r = rows_at(&read.rows, i);
        all[i].id = row_str(&r);
        all[i].name_vi = row_str(&r);
        all[i].name_en = row_str(&r);
    }
    *out = all;
    *n = read.rows.n;
    return OK;
}

enum err store_sandbox_faults(struct task *t, struct pg *db, struct sandbox_fault **out, size_t *n)
{
    struct read read = reading(t, SQL_SANDBOX_FAULTS);
    TRY(store_read(t, db, &read, 1));
    struct sandbox_fault *all = arena_array(t->arena, read.rows.n + 1, sizeof *all);
    for (size_t i = 0; i < read.rows.n; i++) {
        struct row r = rows_at(&read.rows, i);
        all[i].client_id = row_str(&r);
        all[i].name = row_str(&r);
        all[i].times = row_int(&r);
        all[i].left_s = row_int(&r);
        all[i].amount = row_int(&r);
    }
    *out = all;
    *n = read.rows.n;
    return OK;
}

enum err store_sandbox_fault_order(struct task *t, struct pg *db, const struct sandbox_fault *fault)
{
    struct write w = write_begin(t, db, SQL_SANDBOX_FAULT_ORDER);
    write_row(&w, NULL);
    args_text(&w.args, fault->client_id);
    args_text(&w.args, fault->name);
    args_i64(&w.args, fault->times);
    args_i64(&w.args, fault->left_s);
    args_i64(&w.args, fault->amount);
    return commit(&w);
}

enum err store_sandbox_fault_clear(struct task *t, struct pg *db, struct str client,
                                   struct str name, int64_t *gone)
{
    struct write w = write_begin(t, db, SQL_SANDBOX_FAULT_CLEAR);
    write_row(&w, NULL);
    args_text(&w.args, client);
    args_text(&w.args, name);
    return commit_number(&w, gone);
}

enum err store_sandbox_fault_take(struct task *t, struct pg *db, struct str client,
                                  struct str names, struct str *out, int64_t *amount)
{
    struct write w = write_begin(t, db, SQL_SANDBOX_FAULT_TAKE);
    bool applied;
    *out = STR_NONE;
    *amount = 0;
    write_row(&w, NULL);
    args_text(&w.args, client);
    args_text(&w.args, names);
    TRY(write_commit(&w, &applied));
    if (w.result.n == 1) {
        struct row r = rows_at(&w.result, 0);
        *out = row_str(&r);
        *amount = row_int(&r);
    }
    return OK;
}

void store_sandbox_request_add(struct task *t, struct pg *db, const struct sandbox_request *r)
{
    struct write w = write_begin(t, db, SQL_SANDBOX_REQUEST_ADD);
    write_row(&w, NULL);
    args_text(&w.args, r->client_id);
    args_text(&w.args, r->method);
    args_text(&w.args, r->path);
    args_i32(&w.args, r->status);
    args_text(&w.args, r->error);
    args_text(&w.args, r->advice);
    args_text(&w.args, r->fault);
    write_leave(&w);
}

enum err store_sandbox_requests(struct task *t, struct pg *db, struct str client, size_t limit,
                                struct sandbox_request **out, size_t *n)
{
    struct read read = reading(t, SQL_SANDBOX_REQUESTS);
    args_text(&read.args, client);
    args_i64(&read.args, (int64_t)limit);
    TRY(store_read(t, db, &read, 1));
    struct sandbox_request *all = arena_array(t->arena, read.rows.n + 1, sizeof *all);
    for (size_t i = 0; i < read.rows.n; i++) {
        struct row r = rows_at(&read.rows, i);
        all[i].client_id = row_str(&r);
        all[i].at = row_time(&r);
        all[i].method = row_str(&r);
        all[i].path = row_str(&r);
        all[i].status = (int)row_int(&r);
        all[i].error = row_str(&r);
        all[i].advice = row_str(&r);
        all[i].fault = row_str(&r);
    }
    *out = all;
    *n = read.rows.n;
    return OK;
}

enum err store_sandbox_requests_forget(struct task *t, struct pg *db)
{
    struct write w = write_begin(t, db, SQL_SANDBOX_REQUESTS_FORGET);
    write_row(&w, NULL);
    return commit(&w);
}

enum err store_sandbox_code_spoil(struct task *t, struct pg *db, uint16_t bucket,
                                  const struct sha256 *hash, struct str how)
{
    struct write w = write_begin(t, db, SQL_SANDBOX_CODE_SPOIL);
    bool applied;
    write_row(&w, NULL);
    args_bucket(&w.args, bucket);
    args_hash(&w.args, hash);
    args_text(&w.args, how);
    return write_commit(&w, &applied); /* a code that does not exist needs no spoiling */
}

enum err store_sandbox_handle_owner(struct task *t, struct pg *db, uint16_t bucket,
                                    const struct sha256 *hash, struct str *client,
                                    struct uuid *subject)
{
    struct read read = reading(t, SQL_SANDBOX_HANDLE_OWNER);
    args_bucket(&read.args, bucket);
    args_hash(&read.args, hash);
    TRY(store_read(t, db, &read, 1));
    if (read.rows.n != 1) {
        return fail(ERR_NOT_FOUND, "sandbox: nobody's");
    }
    struct row r = rows_at(&read.rows, 0);
    *client = row_str(&r);
    *subject = row_uuid(&r);
    return OK;
}
