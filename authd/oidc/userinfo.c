/* GET and POST /userinfo: OpenID Connect Core §5.3, RFC 6750, RFC 9449 §7.  The access token comes
 * in the header, or, if it is bound to no key, in a form body; the signer gives the claims of
 * exactly the person whose token and grant it sees. */
#include "base/clock.h"
#include "oidc/access_token.h"
#include "oidc/dpop.h"
#include "oidc/oidc.h"
#include "oidc/token_answer.h"
#include "sso/sso.h"

/* How it was shown: the token, and whether under the scheme DPoP. */
struct shown {
    struct str token;
    bool by_dpop;
};

/* spec: RFC 6750 §2 clients MUST NOT use more than one method to transmit the token in each request
 */
static enum err token_find(struct req *r, struct shown *out, enum refusal *why)
{
    struct str scheme, credentials;
    struct params form = {NULL, 0};
    /* spec: RFC 6750 §2.1 MUST support the header; §2.2 the body of a POST; §2.3 never the query */
    bool has = req_authorization(r, &scheme, &credentials);
    if (r->method == HTTP_POST && r->body.n > 0) {
        enum err e = req_form(r, &form);
        if (e == ERR_INPUT) {
            *why = REFUSE_MALFORMED;
            return OK;
        }
        TRY(e);
    }
    struct str in_body = param_get(&form, "access_token");
    if (str_is(params_repeated(&form))) {
        *why = REFUSE_REPEATED;
    } else if (has && str_is(in_body)) {
        *why = REFUSE_BEARER_TWICE;
    } else if (has && (str_ieq(scheme, STR("bearer")) || str_ieq(scheme, STR("dpop")))) {
        *out = (struct shown){credentials, str_ieq(scheme, STR("dpop"))};
    } else if (str_is(in_body)) {
        *out = (struct shown){in_body, false};
    } else {
        *why = REFUSE_BEARER_MISSING;
    }
    return OK;
}

/* A release of personal data is written down before it happens: names of claims, never values.  The
 * same commit uses up the proof. */
static enum err write_down(struct req *r, const struct grant_row *g, struct str claims,
                           const struct dpop *dpop, enum refusal *why)
{
    json_t *o = NULL;
    json_t *names = json_array();
    json_t *detail = json_own(r->arena, json_object());
    json_object_set_new(detail, "claims", names);
    TRY(json_read_in(r->arena, claims, &o));
    for (void *at = json_object_iter(o); at != NULL; at = json_object_iter_next(o, at)) {
        json_array_append_new(names, json_string(json_object_iter_key(at)));
    }
    struct audit entry = token_audit(r, AUDIT_USERINFO, g, STR_NONE);
    entry.detail = json_text(r->arena, detail);
    return dpop_use(r, dpop, &entry, why);
}

static enum err answer(struct req *r, struct str text, const struct access_token *t,
                       const struct dpop *dpop, enum refusal *why)
{
    struct app *app = app_of(r);
    struct grant_row g;
    struct signer_userinfo in = {.access_token = text};
    struct signer_userinfoed out;
    size_t n = 0;
    enum err e = store_grant_find(r->task, app->db, t->bucket, &t->grant, &g, &in.documents, &n);
    if (e == ERR_NOT_FOUND || (e == OK && !grant_stands(&g, clock_now_s()))) {
        *why = REFUSE_BEARER;
        return OK;
    }
    TRY(e);
    in.n_documents = (uint32_t)n;
    in.grant_proof = g.proof;
    e = ask_userinfo(r->task, app->signers, &in, &out);
    if (e == ERR_DENIED || e == ERR_EXPIRED) {
        *why = REFUSE_BEARER;
        return OK;
    }
    TRY(e);
    TRY(write_down(r, &g, out.claims, dpop, why));
    if (*why != REFUSE_NOTHING) {
        return OK;
    }
    /* spec: OpenID Core §5.3.2:type MUST be application/json */
    reply_text(r, 200, "application/json", out.claims);
    return OK;
}

/* Is the token bound to the key that was shown with it, or neither?
 * spec: RFC 9449 §7.1:bound a bound token MUST come with a proof by its key; §7.2:bearer and MUST
 * NOT be taken as a bearer token */
static enum refusal binding_check(const struct access_token *t, const struct shown *shown,
                                  const struct dpop *dpop)
{
    if (!str_is(t->jkt)) {
        return shown->by_dpop || dpop->shown ? REFUSE_BEARER_UNBOUND : REFUSE_NOTHING;
    }
    if (!shown->by_dpop) {
        return REFUSE_BEARER_BOUND;
    }
    if (!dpop->shown) {
        return REFUSE_DPOP_MISSING;
    }
    return str_eqz(t->jkt, dpop->proof.jkt) ? REFUSE_NOTHING : REFUSE_BEARER_KEY;
}

static enum err judge(struct req *r, const struct shown *shown, struct access_token *t,
                      struct dpop *dpop, enum refusal *why)
{
    enum err e = access_token_open(r, shown->token, t);
    if (e == ERR_DENIED) {
        *why = REFUSE_BEARER;
        return OK;
    }
    TRY(e);
    TRY(dpop_read(r, shown->token, dpop, why));
    if (*why == REFUSE_NOTHING) {
        *why = binding_check(t, shown, dpop);
    }
    if (*why == REFUSE_NOTHING && (t->of_client || !str_words_have(t->scope, STR("openid")))) {
        *why = REFUSE_BEARER_SCOPE;
    }
    return OK;
}

enum err oidc_userinfo(struct req *r)
{
    struct shown shown = {STR_NONE, false};
    struct access_token t = {.client_id = STR_NONE};
    struct dpop dpop = {.shown = false};
    enum refusal why = REFUSE_NOTHING;
    TRY(token_find(r, &shown, &why));
    if (why == REFUSE_NOTHING) {
        TRY(judge(r, &shown, &t, &dpop, &why));
    }
    if (why == REFUSE_NOTHING) {
        TRY(answer(r, shown.token, &t, &dpop, &why));
    }
    if (why == REFUSE_NOTHING) {
        return OK;
    }
    return refuse_resource(r, why, t.client_id, shown.by_dpop || why == REFUSE_BEARER_BOUND);
}
