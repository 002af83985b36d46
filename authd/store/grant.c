/* Grants: the end of an authorization, introspection and userinfo, revocation.  Codes, refresh
 * tokens and consents have files of their own. */
#include "store/grant.h"

#include "store/documents.h"
#include "store/find.h"
#include "store/grant_columns.h"
#include "store/kept.h"
#include "store/read.h"
#include "store/write.h"

void grant_columns_read(struct row *r, struct grant_row *out)
{
    *out = (struct grant_row){0};
    out->bucket = row_u16(r);
    out->id = row_uuid(r);
    out->subject = row_uuid(r);
    out->actor = row_uuid(r);
    out->mandate = row_uuid(r);
    out->session = row_uuid(r);
    out->client_id = row_str(r);
    out->sid = row_str(r);
    out->scope = row_str(r);
    out->claims = row_str(r);
    out->cnf = row_str(r);
    out->authorization_details = row_str(r);
    out->resource = row_str(r);
    out->offline = row_bool(r);
    out->proof = row_str(r);
    out->auth_time = row_time(r);
    out->created_at = row_time(r);
    out->expires_at = row_time(r);
    out->revoked_at = row_time(r);
    out->identity_state = row_str(r);
}

static void grant_args(struct args *s, const struct grant_row *g)
{
    args_bucket(s, g->bucket);
    args_uuid(s, &g->id);
    args_uuid(s, &g->subject);
    args_uuid(s, &g->actor);
    args_uuid(s, &g->mandate);
    args_text(s, g->client_id);
    args_uuid(s, &g->session);
    args_text(s, g->sid);
    args_text(s, g->scope);
    args_text(s, g->claims);
    args_text(s, g->cnf);
    args_text(s, g->authorization_details);
    args_text(s, g->resource);
    args_bool(s, g->offline);
    args_bytes(s, g->proof);
    args_time(s, g->auth_time);
    args_time(s, g->expires_at);
}

static void code_args(struct args *s, const struct code_row *c)
{
    args_hash(s, &c->hash);
    args_text(s, c->redirect_uri);
    args_text(s, c->code_challenge);
    args_bytes(s, c->proof);
    args_time(s, c->expires_at);
}

/* The login that ends with it, and what was agreed to there. */
static void login_args(struct write *w, const struct grant_new *in)
{
    args_text(&w->args, in->consent == NULL ? STR_NONE : in->consent->scope);
    args_text(&w->args, in->consent == NULL ? STR_NONE : in->consent->claims);
    if (in->login_id == NULL) {
        args_null(&w->args, PG_INT2);
    } else {
        args_bucket(&w->args, *in->login_bucket);
        write_key(w, in->login_id->b, sizeof in->login_id->b);
    }
    args_uuid(&w->args, in->login_id);
    args_text(&w->args, in->consent == NULL ? STR_NONE : in->consent->declined);
    if (in->consent !=
        NULL) { /* two consents of one person to one client can't be in one statement */
        struct buf key = buf_in(w->task->arena);
        buf_add(&key, str_of(in->grant->subject.b, UUID_SIZE));
        buf_add(&key, in->grant->client_id);
        write_key(w, key.p, key.n);
    }
}

enum err store_grant_create(struct task *t, struct pg *db, const struct grant_new *in)
{
    bool remembered = in->login_id == NULL && in->consent == NULL;
    struct write w =
        write_begin(t, db, remembered ? SQL_GRANT_CREATE_REMEMBERED : SQL_GRANT_CREATE);
    bool applied;
    write_row(&w, in->audit);
    grant_args(&w.args, in->grant);
    code_args(&w.args, in->code);
    if (!remembered) {
        login_args(&w, in);
    }
    args_uuid(&w.args, in->consent_id);
    TRY(write_commit(&w, &applied));
    if (applied) {
        kept_code(db, in->code, in->grant);
    }
    return applied ? OK : fail(ERR_CONFLICT, "the login is over, or the consent was withdrawn");
}

enum err store_grant_revoke(struct task *t, struct pg *db, uint16_t bucket,
                            const struct uuid *grant, struct str reason, const struct audit *audit)
{
    struct write w = write_begin(t, db, SQL_GRANT_REVOKE);
    bool applied; /* not applied: it was revoked before */
    write_row(&w, audit);
    args_bucket(&w.args, bucket);
    args_uuid(&w.args, grant);
    args_text(&w.args, reason);
    write_key(&w, grant->b, sizeof grant->b);
    return write_commit(&w, &applied);
}

/* For a statement that takes arrays. */
static struct args one_row(struct arena *a, const struct args *scalars)
{
    struct args arrays = args_in(a);
    for (size_t i = 0; i < scalars->n; i++) {
        const struct args one = {.v = &scalars->v[i], .n = 1};
        args_array(&arrays, scalars->v[i].type, &one);
    }
    return arrays;
}

enum err store_grant_find(struct task *t, struct pg *db, uint16_t bucket, const struct uuid *grant,
                          struct grant_row *out, struct sealed_document **documents,
                          size_t *n_documents)
{
    struct read reads[] = {{.sql = SQL_GRANT_FIND, .args = args_in(t->arena)},
                           {.sql = SQL_GRANT_DOCUMENTS, .args = args_in(t->arena)}};
    struct row r;
    for (size_t i = 0; i < 2; i++) {
        args_bucket(&reads[i].args, bucket);
        args_uuid(&reads[i].args, grant);
    }
    if (documents == NULL) {
        TRY(store_find(t, db, &reads[0], &r));
        grant_columns_read(&r, out);
        return OK;
    }
    reads[0].args = one_row(t->arena, &reads[0].args); /* both in one trip */
    TRY(store_read(t, db, reads, 2));
    if (reads[0].rows.n == 0) {
        return fail(ERR_NOT_FOUND, "no such grant");
    }
    r = rows_at(&reads[0].rows, 0);
    row_skip(&r, 1); /* the ordinal */
    grant_columns_read(&r, out);
    documents_read(t->arena, &reads[1].rows, documents, n_documents);
    return OK;
}
