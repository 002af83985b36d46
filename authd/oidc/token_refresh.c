/* grant_type=refresh_token: RFC 6749 §6, RFC 9700 §4.14, OpenID Connect Core §12, DESIGN.md
 * section 7.
 *
 * Refresh tokens of clients that authenticate and whose tokens are bound to a key stay (FAPI 2.0
 * §5.3.2.1); whoever steals one can do nothing with it.  All others rotate.  The predecessor works
 * until its successor has been used, at most the grace, so that a lost answer ends nothing; any
 * later use ends the family.  The database decides (store_refresh_rotate). */
#include "base/clock.h"
#include "oidc/scope.h"
#include "oidc/token_answer.h"
#include "sso/sso.h"

/* scope: the words asked for, each once. */
static enum refusal judge(const struct refresh_row *t, const struct party *p,
                          const struct params *form, struct str scope, int64_t now)
{
    /* spec: RFC 6749 §6:client MUST ensure that the refresh token was issued to the authenticated
     * client
     */
    if (!str_eq(t->client_id, p->client.id)) {
        return REFUSE_REFRESH_UNKNOWN;
    }
    if (t->grant.revoked_at != 0 || !grant_stands(&t->grant, now)) {
        return REFUSE_GRANT_ENDED;
    }
    if (t->superseded_at != 0) {
        return REFUSE_REFRESH_USED;
    }
    if (t->expires_at <= now) {
        return REFUSE_REFRESH_EXPIRED;
    }
    /* spec: RFC 6749 §6:scope the requested scope MUST NOT include any scope not originally granted
     */
    if (str_is(param_get(form, "scope")) &&
        (!str_is(scope) || !scope_within(scope, t->grant.scope))) {
        return REFUSE_SCOPE_WIDER;
    }
    return REFUSE_NOTHING;
}

/* A token that an earlier answer has replaced goes the way of those that rotate. */
static bool stays(const struct party *p, const struct refresh_row *t)
{
    struct confirmation holds;
    return p->client.auth_method != CLIENT_AUTH_NONE && t->used_at == 0 &&
           confirmation_read(t->cnf, &holds) == OK && confirmation_binds(&holds);
}

/* spec: RFC 9700 §2.2.2 refresh tokens of public clients MUST be bound or rotate: they do both */
static enum err exchange(struct req *r, const struct party *p, const struct handle *h,
                         const struct refresh_row *old, struct str scope,
                         const struct dpop_bound *bound, enum refusal *why)
{
    struct app *app = app_of(r);
    const struct grant_row *g = &old->grant;
    const struct app_keys *keys = NULL;
    TRY(app_keys(r->task, app, &keys));
    struct signer_issue_tokens in = {
        .proof = old->proof,
        .secret = str_of(h->secret, HANDLE_SECRET),
        .scope = str_is(scope) ? scope : STR_NONE,
        .cnf = bound->shown,
        .want_id_token = str_words_have(str_is(scope) ? scope : g->scope, STR("openid")),
        .id_token_alg = p->client.id_token_alg,
        .account_level_floor = p->client.account_level_floor,
        .authentication_level_floor = p->client.authentication_level_floor};
    bool stay = stays(p, old);
    struct refresh_made made = {.expires_at = 0};
    if (!stay) {
        refresh_make(r, g, &made, &in);
    }
    TRY(grant_documents(r, g, &in));
    struct signer_issued_tokens issued;
    enum err e = ask_issue_tokens(r->task, app->signers, &in, &issued);
    if (e == ERR_DENIED || e == ERR_EXPIRED) { /* as in token_code.c */
        *why = e == ERR_EXPIRED ? REFUSE_REFRESH_EXPIRED : REFUSE_GRANT_ENDED;
        return OK;
    }
    if (e == ERR_CONFLICT) { /* the grant stays: the floor may be lowered as well */
        *why = REFUSE_BELOW_FLOOR;
        return OK;
    }
    TRY(e);
    struct refresh_new row = {made.handle.hash, issued.refresh_proof, bound->next, made.expires_at};
    struct audit audit = token_audit(r, AUDIT_TOKEN_REFRESH, g, issued.scope);
    e = store_refresh_rotate(r->task, app->db, old, stay ? NULL : &row,
                             app->config->refresh_grace_s, &audit);
    switch (e) {
    case OK:
        break;
    case ERR_CONFLICT:
        *why = REFUSE_REFRESH_USED;
        return family_end(r, g, "refresh_token");
    case ERR_EXPIRED:
        *why = REFUSE_REFRESH_EXPIRED;
        return OK;
    case ERR_DENIED:
        *why = REFUSE_GRANT_ENDED;
        return OK;
    case ERR_NOT_FOUND: /* erased since */
        *why = REFUSE_REFRESH_UNKNOWN;
        return OK;
    default:
        return e;
    }
    token_answer(r, p, "refresh_token", &issued, str_is(bound->token),
                 stay ? STR_NONE : handle_text(r->arena, keys->handle_key, &made.handle));
    return OK;
}

static enum err exchange_bound(struct req *r, const struct party *p, const struct handle *h,
                               const struct refresh_row *old, struct str scope,
                               const struct dpop *dpop, enum refusal *why)
{
    struct dpop_bound bound;
    *why = dpop_bind(r->arena, &p->client, old->cnf, dpop, &bound);
    if (*why == REFUSE_NOTHING) {
        TRY(dpop_use(r, dpop, NULL, why));
    }
    return *why == REFUSE_NOTHING ? exchange(r, p, h, old, scope, &bound, why) : OK;
}

/* As in token_code.c. */
static enum err judge_again(struct req *r, const struct party *p, const struct params *form,
                            struct str scope, const struct handle *h, struct refresh_row *row,
                            enum refusal *why)
{
    enum err e = store_refresh_find(r->task, app_of(r)->db, h, row);
    if (e == ERR_NOT_FOUND) {
        *why = REFUSE_REFRESH_UNKNOWN;
        return OK;
    }
    TRY(e);
    enum refusal now = judge(row, p, form, scope, clock_now_s());
    *why = now == REFUSE_NOTHING ? *why : now;
    return OK;
}

enum err token_refresh(struct req *r, const struct party *p, const struct params *form,
                       const struct dpop *dpop, enum refusal *why)
{
    struct handle h;
    struct refresh_row row;
    struct str text = param_get(form, "refresh_token");
    if (!str_is(text)) {
        *why = REFUSE_REFRESH_MISSING;
        return OK;
    }
    enum err e = refresh_take(r, text, &h, &row);
    if (e == ERR_NOT_FOUND) {
        *why = REFUSE_REFRESH_UNKNOWN;
        return OK;
    }
    TRY(e);
    struct str scope = scope_union(r->arena, param_get(form, "scope"), STR_NONE);
    *why = judge(&row, p, form, scope, clock_now_s());
    if (*why == REFUSE_NOTHING) {
        TRY(exchange_bound(r, p, &h, &row, scope, dpop, why));
        if (*why == REFUSE_NOTHING || *why == REFUSE_REFRESH_USED) {
            return OK;
        }
    }
    if (row.kept) {
        TRY(judge_again(r, p, form, scope, &h, &row, why));
    }
    /* spec: RFC 9700 §4.14.2 the authorization server revokes the active refresh token */
    return *why == REFUSE_REFRESH_USED ? family_end(r, &row.grant, "refresh_token") : OK;
}
