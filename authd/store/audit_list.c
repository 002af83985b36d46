/* The audit as an administrator reads it.  Three statements, because each has an index of its own:
 * a person's entries, a request's, a span of time. */
#include "signer/handle.h"
#include "store/audit.h"
#include "store/read.h"

static void audit_read(struct row *r, struct audit_row *out)
{
    out->at = row_time(r);
    out->event = row_str(r);
    out->outcome = row_str(r);
    out->subject = row_uuid(r);
    out->actor = row_uuid(r);
    out->session = row_uuid(r);
    out->request = row_uuid(r);
    out->client_id = row_str(r);
    out->operator_name = row_str(r);
    out->ground = row_str(r);
    out->detail = row_str(r);
    out->address_sealed = row_str(r);
}

enum err store_audit_list(struct task *t, struct pg *db, const struct audit_filter *f,
                          struct audit_row **out, size_t *n)
{
    struct read read = {.sql = SQL_AUDIT_OF_TIME, .args = args_in(t->arena)};
    args_time(&read.args, f->since);
    args_time(&read.args, f->until);
    args_text(&read.args, f->client_id);
    args_text(&read.args, f->event);
    args_i32(&read.args, (int32_t)f->limit);
    if (f->request != NULL) {
        read.sql = SQL_AUDIT_OF_REQUEST;
        args_uuid(&read.args, f->request);
    } else if (f->subject != NULL) {
        read.sql = SQL_AUDIT_OF_SUBJECT;
        args_bucket(&read.args, bucket_of(f->subject));
        args_uuid(&read.args, f->subject);
    }
    TRY(store_read(t, db, &read, 1));
    struct audit_row *rows = arena_array(t->arena, read.rows.n, sizeof *rows);
    for (size_t i = 0; i < read.rows.n; i++) {
        struct row r = rows_at(&read.rows, i);
        audit_read(&r, &rows[i]);
    }
    *out = rows;
    *n = read.rows.n;
    return OK;
}
