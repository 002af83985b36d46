/* What a person has agreed to release to a client.  Given in store_grant_create. */
#include "store/find.h"
#include "store/grant.h"
#include "store/grant_columns.h"
#include "store/read.h"
#include "store/write.h"

void consent_columns_read(struct row *r, struct consent_row *out)
{
    *out = (struct consent_row){.id = row_uuid(r)};
    out->scope = row_str(r);
    out->claims = row_str(r);
    out->declined = row_str(r);
}

enum err store_consent_find(struct task *t, struct pg *db, const struct uuid *subject,
                            const struct uuid *actor, struct str client_id, struct consent_row *out)
{
    struct read read = {.sql = SQL_CONSENT_FIND, .args = args_in(t->arena)};
    args_bucket(&read.args, bucket_of(subject));
    args_uuid(&read.args, subject);
    args_uuid(&read.args, actor);
    args_text(&read.args, client_id);
    struct row r;
    TRY(store_find(t, db, &read, &r));
    consent_columns_read(&r, out);
    return OK;
}

enum err store_consent_list(struct task *t, struct pg *db, const struct uuid *subject,
                            struct consent_listed **out, size_t *n)
{
    struct read read = {.sql = SQL_CONSENT_LIST, .args = args_in(t->arena)};
    args_bucket(&read.args, bucket_of(subject));
    args_uuid(&read.args, subject);
    TRY(store_read(t, db, &read, 1));
    struct consent_listed *list = arena_array(t->arena, read.rows.n, sizeof *list);
    for (size_t i = 0; i < read.rows.n; i++) {
        struct row r = rows_at(&read.rows, i);
        list[i].client_id = row_str(&r);
        list[i].scope = row_str(&r);
        list[i].claims = row_str(&r);
        list[i].given_at = row_time(&r);
    }
    *out = list;
    *n = read.rows.n;
    return OK;
}

/* A grant that was written while the consent was withdrawn, and a code redeemed for it: whoever
 * looks at the code from now on sees the withdrawal. */
static enum err look_again(struct task *t, struct pg *db, const struct uuid *subject,
                           struct str client_id)
{
    struct write w = write_begin(t, db, SQL_CONSENT_WITHDRAWN);
    bool applied;
    write_row(&w, NULL);
    args_bucket(&w.args, bucket_of(subject));
    args_uuid(&w.args, subject);
    args_text(&w.args, client_id);
    return write_commit(&w, &applied);
}

enum err store_consent_withdraw(struct task *t, struct pg *db, const struct uuid *subject,
                                struct str client_id, const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_CONSENT_WITHDRAW);
    bool applied;
    write_row(&w, audit);
    args_bucket(&w.args, bucket_of(subject));
    args_uuid(&w.args, subject);
    args_text(&w.args, client_id);
    write_key(&w, subject->b, sizeof subject->b);
    TRY(write_commit(&w, &applied));
    TRY(look_again(t, db, subject, client_id));
    return applied ? OK : fail(ERR_NOT_FOUND, "no consent to withdraw");
}
