/* grant_type=authorization_code: RFC 6749 §4.1.3, RFC 7636 §4.5, OpenID Connect Core §3.1.3. */
#include "base/clock.h"
#include "base/ct.h"
#include "oidc/pkce.h"
#include "oidc/token_answer.h"
#include "sso/sso.h"

/* Everything that can be judged from the row alone. */
static enum refusal judge(const struct code_row *c, const struct party *p,
                          const struct params *form, int64_t now)
{
    /* spec: RFC 6749 §4.1.3:client MUST ensure that the code was issued to the authenticated client
     */
    if (!str_eq(c->client_id, p->client.id)) {
        return REFUSE_CODE_UNKNOWN;
    }
    /* spec: RFC 6749 §4.1.2:once the client MUST NOT use the code more than once */
    if (c->used_at != 0) {
        return REFUSE_CODE_USED;
    }
    if (c->expires_at <= now) {
        return REFUSE_CODE_EXPIRED;
    }
    if (!grant_stands(&c->grant, now)) {
        return REFUSE_GRANT_ENDED;
    }
    /* spec: RFC 6749 §4.1.3:redirect redirect_uri MUST be identical to the one of the authorization
     * request
     */
    if (!str_eq(param_get(form, "redirect_uri"), c->redirect_uri)) {
        return REFUSE_CODE_REDIRECT;
    }
    return pkce_verify(c->code_challenge, param_get(form, "code_verifier"));
}

static enum err code_of(struct req *r, struct str text, struct handle *h, struct code_row *out)
{
    const struct app_keys *keys = NULL;
    TRY(app_keys(r->task, app_of(r), &keys));
    if (handle_read(keys->handle_key, text, h) != OK) {
        return fail(ERR_NOT_FOUND, "code: malformed");
    }
    return store_code_take(r->task, app_of(r)->db, h, out);
}

static enum err redeem(struct req *r, const struct party *p, const struct handle *h,
                       const struct code_row *code, const struct dpop_bound *bound,
                       enum refusal *why)
{
    struct app *app = app_of(r);
    const struct grant_row *g = &code->grant;
    const struct app_keys *keys = NULL;
    TRY(app_keys(r->task, app, &keys));
    struct signer_issue_tokens in = {.proof = code->proof,
                                     .secret = str_of(h->secret, HANDLE_SECRET),
                                     .cnf = bound->shown,
                                     .want_id_token = str_words_have(g->scope, STR("openid")),
                                     .id_token_alg = p->client.id_token_alg,
                                     .account_level_floor = p->client.account_level_floor,
                                     .authentication_level_floor =
                                         p->client.authentication_level_floor};
    /* A refresh token is given where the person agreed to offline_access, and nowhere else. */
    bool refresh = g->offline && client_has_grant_type(&p->client, STR("refresh_token"));
    struct refresh_made made = {.expires_at = 0};
    if (refresh) {
        refresh_make(r, g, &made, &in);
    }
    TRY(grant_documents(r, g, &in));
    struct signer_issued_tokens issued;
    enum err e = ask_issue_tokens(r->task, app->signers, &in, &issued);
    if (e == ERR_DENIED || e == ERR_EXPIRED) {
        /* Its key is gone or the row was meddled with: the grant is as good as ended.  Or its time
         * ended between our look and the signer's. */
        *why = e == ERR_EXPIRED ? REFUSE_CODE_EXPIRED : REFUSE_GRANT_ENDED;
        return OK;
    }
    if (e == ERR_CONFLICT) { /* raised since the code was given */
        *why = REFUSE_BELOW_FLOOR;
        return OK;
    }
    TRY(e);
    struct refresh_new row = {made.handle.hash, issued.refresh_proof, bound->next, made.expires_at};
    struct audit audit = token_audit(r, AUDIT_TOKEN_CODE, g, g->scope);
    e = store_code_redeem(r->task, app->db, code, refresh ? &row : NULL, &audit);
    switch (e) {
    case OK:
        break;
    case ERR_CONFLICT: /* somebody was faster: what was signed here is never shown */
        *why = REFUSE_CODE_USED;
        return family_end(r, g, "code");
    case ERR_EXPIRED:
        *why = REFUSE_CODE_EXPIRED;
        return OK;
    case ERR_DENIED:
        *why = REFUSE_GRANT_ENDED;
        return OK;
    case ERR_NOT_FOUND: /* erased since */
        *why = REFUSE_CODE_UNKNOWN;
        return OK;
    default:
        return e;
    }
    token_answer(r, p, "authorization_code", &issued, str_is(bound->token),
                 refresh ? handle_text(r->arena, keys->handle_key, &made.handle) : STR_NONE);
    return OK;
}

static enum err redeem_bound(struct req *r, const struct party *p, const struct handle *h,
                             const struct code_row *code, const struct dpop *dpop,
                             enum refusal *why)
{
    struct dpop_bound bound;
    /* spec: RFC 9449 §10:code MUST reject a code bound to another key */
    *why = dpop_bind(r->arena, &p->client, code->grant.cnf, dpop, &bound);
    if (*why == REFUSE_NOTHING) {
        TRY(dpop_use(r, dpop, NULL, why));
    }
    return *why == REFUSE_NOTHING ? redeem(r, p, h, code, &bound, why) : OK;
}

/* It was refused as it was written; that it has been used since weighs more. */
static enum err judge_again(struct req *r, const struct party *p, const struct params *form,
                            const struct handle *h, struct code_row *code, enum refusal *why)
{
    enum err e = store_code_find(r->task, app_of(r)->db, h, code);
    if (e == ERR_NOT_FOUND) {
        *why = REFUSE_CODE_UNKNOWN;
        return OK;
    }
    TRY(e);
    enum refusal now = judge(code, p, form, clock_now_s());
    *why = now == REFUSE_NOTHING ? *why : now;
    return OK;
}

enum err token_code(struct req *r, const struct party *p, const struct params *form,
                    const struct dpop *dpop, enum refusal *why)
{
    struct handle h;
    struct code_row code;
    struct str text = param_get(form, "code");
    if (!str_is(text)) {
        *why = REFUSE_CODE_MISSING;
        return OK;
    }
    enum err e = code_of(r, text, &h, &code);
    if (e == ERR_NOT_FOUND) {
        *why = REFUSE_CODE_UNKNOWN;
        return OK;
    }
    TRY(e);
    *why = judge(&code, p, form, clock_now_s());
    if (*why == REFUSE_NOTHING) {
        TRY(redeem_bound(r, p, &h, &code, dpop, why));
        if (*why == REFUSE_NOTHING || *why == REFUSE_CODE_USED) {
            return OK;
        }
    }
    if (code.kept) {
        TRY(judge_again(r, p, form, &h, &code, why));
    }
    /* spec: RFC 6749 §4.1.2:revoke SHOULD revoke all tokens previously issued based on that code */
    return *why == REFUSE_CODE_USED ? family_end(r, &code.grant, "code") : OK;
}
