/* Authorization codes: found with everything the caller judges, consumed exactly once. */
#include "base/clock.h"
#include "store/find.h"
#include "store/grant.h"
#include "store/grant_columns.h"
#include "store/kept.h"
#include "store/write.h"

static enum err find(struct task *t, struct pg *db, uint16_t bucket, const struct sha256 *hash,
                     struct code_row *out, bool *expired)
{
    struct read read = {.sql = SQL_CODE_FIND, .args = args_in(t->arena)};
    args_bucket(&read.args, bucket);
    args_hash(&read.args, hash);
    struct row r;
    TRY(store_find(t, db, &read, &r));
    *out = (struct code_row){0};
    out->hash = row_hash(&r);
    out->client_id = row_str(&r);
    out->redirect_uri = row_str(&r);
    out->code_challenge = row_str(&r);
    out->proof = row_str(&r);
    out->expires_at = row_time(&r);
    out->used_at = row_time(&r);
    grant_columns_read(&r, &out->grant);
    *expired = row_bool(&r);
    return OK;
}

enum err store_code_find(struct task *t, struct pg *db, const struct handle *h,
                         struct code_row *out)
{
    bool expired;
    return find(t, db, h->bucket, &h->hash, out, &expired);
}

enum err store_code_take(struct task *t, struct pg *db, const struct handle *h,
                         struct code_row *out)
{
    return kept_code_take(t->arena, db, h, out) ? OK : store_code_find(t, db, h, out);
}

/* spec: RFC 6749 §4.1.2:once the client MUST NOT use the authorization code more than once */
enum err store_code_redeem(struct task *t, struct pg *db, const struct code_row *code,
                           const struct refresh_new *refresh, const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_CODE_REDEEM);
    bool applied;
    write_row(&w, audit);
    args_bucket(&w.args, code->grant.bucket);
    args_hash(&w.args, &code->hash);
    args_uuid(&w.args, &code->grant.id);
    args_hash(&w.args, refresh == NULL ? NULL : &refresh->hash);
    args_bytes(&w.args, refresh == NULL ? STR_NONE : refresh->proof);
    args_text(&w.args, refresh == NULL ? STR_NONE : refresh->cnf);
    args_time(&w.args, refresh == NULL ? 0 : refresh->expires_at);
    write_key(&w, code->hash.b, sizeof code->hash.b);
    TRY(write_commit(&w, &applied));
    if (applied) {
        if (refresh != NULL) {
            kept_refresh(db, refresh, NULL, &code->grant);
        }
        return OK;
    }
    struct code_row now;
    bool expired;
    TRY(find(t, db, code->grant.bucket, &code->hash, &now, &expired));
    if (now.used_at != 0) {
        return fail(ERR_CONFLICT, "the code has been used");
    }
    if (now.grant.revoked_at != 0 || !str_eqz(now.grant.identity_state, "active")) {
        return fail(ERR_DENIED, "the grant was revoked or the identity is not active");
    }
    return expired ? fail(ERR_EXPIRED, "the code has expired")
                   : fail(ERR_UNAVAILABLE, "code: refused for a reason that has passed");
}
