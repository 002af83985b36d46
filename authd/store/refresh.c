/* Refresh tokens: rotation with grace, and recognition of reuse (DESIGN.md section 7). */
#include "store/find.h"
#include "store/grant.h"
#include "store/grant_columns.h"
#include "store/kept.h"
#include "store/write.h"

static enum err find(struct task *t, struct pg *db, uint16_t bucket, const struct sha256 *hash,
                     struct refresh_row *out, bool *expired)
{
    struct read read = {.sql = SQL_REFRESH_FIND, .args = args_in(t->arena)};
    args_bucket(&read.args, bucket);
    args_hash(&read.args, hash);
    struct row r;
    TRY(store_find(t, db, &read, &r));
    *out = (struct refresh_row){0};
    out->hash = row_hash(&r);
    out->client_id = row_str(&r);
    out->proof = row_str(&r);
    out->cnf = row_str(&r);
    out->created_at = row_time(&r);
    out->expires_at = row_time(&r);
    out->used_at = row_time(&r);
    out->superseded_at = row_time(&r);
    out->predecessor = row_str(&r);
    grant_columns_read(&r, &out->grant);
    *expired = row_bool(&r);
    return OK;
}

enum err store_refresh_find(struct task *t, struct pg *db, const struct handle *h,
                            struct refresh_row *out)
{
    bool expired;
    return find(t, db, h->bucket, &h->hash, out, &expired);
}

enum err store_refresh_take(struct task *t, struct pg *db, const struct handle *h,
                            struct refresh_row *out)
{
    return kept_refresh_take(t->arena, db, h, out) ? OK : store_refresh_find(t, db, h, out);
}

/* spec: RFC 9700 §4.14.2 refresh token rotation; reuse is told to the caller, who ends the family
 */
enum err store_refresh_rotate(struct task *t, struct pg *db, const struct refresh_row *old,
                              const struct refresh_new *successor, int64_t grace_s,
                              const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_REFRESH_ROTATE);
    bool applied;
    write_row(&w, audit);
    args_bucket(&w.args, old->grant.bucket);
    args_hash(&w.args, &old->hash);
    args_bytes(&w.args, old->predecessor);
    args_uuid(&w.args, &old->grant.id);
    args_hash(&w.args, successor == NULL ? NULL : &successor->hash);
    args_bytes(&w.args, successor == NULL ? STR_NONE : successor->proof);
    args_text(&w.args, successor == NULL ? STR_NONE : successor->cnf);
    args_time(&w.args, successor == NULL ? 0 : successor->expires_at);
    args_i64(&w.args, grace_s);
    write_key(&w, old->grant.id.b, sizeof old->grant.id.b); /* one of a family at a time */
    TRY(write_commit(&w, &applied));
    if (applied) {
        if (successor != NULL) {
            kept_refresh(db, successor, &old->hash, &old->grant);
        }
        return OK;
    }
    struct refresh_row now;
    bool expired;
    TRY(find(t, db, old->grant.bucket, &old->hash, &now, &expired));
    if (now.grant.revoked_at != 0 || !str_eqz(now.grant.identity_state, "active")) {
        return fail(ERR_DENIED, "the grant was revoked or the identity is not active");
    }
    if (expired) {
        return fail(ERR_EXPIRED, "the refresh token has expired");
    }
    return fail(ERR_CONFLICT, "the refresh token has been used");
}
