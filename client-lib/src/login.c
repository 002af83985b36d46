/* Beginning and finishing a login.  Finish judges in the order in which trust is built:
 * transaction, state, issuer, code, ID token, levels, required claims. */
#include "eid/login.h"
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/hash.h"
#include "base/rand.h"
#include "libeid/callback.h"
#include "libeid/exchange.h"
#include "libeid/id_token.h"
#include "libeid/tokens.h"
#include "libeid/transaction.h"

/* spec: RFC 7636 §7.1 256 bits of entropy */
#define RANDOM_BYTES 32

struct eid_login {
    char *url;
    char *transaction;
};

const char *eid_login_url(const struct eid_login *login)
{
    return login->url;
}

const char *eid_login_transaction(const struct eid_login *login)
{
    return login->transaction;
}

void eid_login_free(struct eid_login *login)
{
    if (login != NULL) {
        eid_text_free(login->url);
        eid_text_free(login->transaction);
        free(login);
    }
}

/* What the caller asks for, whatever version of the struct he was compiled with. */
static enum eid_code read_ask(struct work *w, const struct eid_login_ask *given,
                              struct eid_login_ask *out)
{
    memset(out, 0, sizeof(*out));
    if (given == NULL) {
        return EID_OK;
    }
    if (given->size < sizeof(size_t) || given->size > 4096) {
        return work_fail(w, EID_BAD_ARGUMENT, "set ask.size to sizeof(struct eid_login_ask)");
    }
    memcpy(out, given, given->size < sizeof(*out) ? given->size : sizeof(*out));
    if (out->min_account_level < 0 || out->min_account_level > 2 ||
        out->min_authentication_level < 0 || out->min_authentication_level > 4 ||
        out->max_age_s < 0) {
        return work_fail(w, EID_BAD_ARGUMENT,
                         "levels are 0 to 2 and 0 to 4, max_age_s is not negative");
    }
    return EID_OK;
}

/* An essential acr of every combination that meets both floors (OpenID Connect Core 5.5.1.1). */
static struct str claims_parameter(struct work *w, const struct eid_login_ask *ask)
{
    struct buf b = buf_in(w->arena);
    int account = ask->min_account_level > 0 ? ask->min_account_level : 1;
    int lowest = ask->min_authentication_level > 0 ? ask->min_authentication_level : 1;
    const char *comma = "";
    buf_addz(&b, "{\"id_token\":{\"acr\":{\"essential\":true,\"values\":[");
    for (; account <= 2; account++) {
        for (int l = lowest; l <= 4; l++) {
            buf_fmt(&b, "%s\"urn:authd:acr:%d:%d\"", comma, account, l);
            comma = ",";
        }
    }
    buf_addz(&b, "]}}}");
    return buf_str(&b);
}

static void add_optional(struct buf *b, const char *name, const char *value, const char *otherwise)
{
    const char *v = value != NULL ? value : otherwise;
    if (v != NULL && v[0] != '\0') {
        buf_form(b, name, str_from(v));
    }
}

static struct str authorization_parameters(struct work *w, const struct eid_client *c,
                                           const struct eid_login_ask *ask,
                                           const struct transaction *t)
{
    struct buf b = buf_in(w->arena);
    struct sha256 challenge = sha256(t->verifier);
    struct buf coded = buf_in(w->arena);
    buf_b64(&coded, sha256_str(&challenge));
    buf_form(&b, "response_type", STR("code"));
    buf_form(&b, "client_id", str_from(c->client_id));
    buf_form(&b, "redirect_uri", str_from(c->redirect_uri));
    add_optional(&b, "scope", ask->scope, c->scope);
    buf_form(&b, "state", t->state);
    buf_form(&b, "nonce", t->nonce);
    buf_form(&b, "code_challenge", buf_str(&coded));
    buf_form(&b, "code_challenge_method", STR("S256"));
    if (ask->min_account_level > 0 || ask->min_authentication_level > 0) {
        buf_form(&b, "claims", claims_parameter(w, ask));
    } else {
        add_optional(&b, "acr_values", ask->acr_values, c->acr_values);
    }
    add_optional(&b, "ui_locales", ask->ui_locales, c->ui_locales);
    add_optional(&b, "login_hint", ask->login_hint, NULL);
    add_optional(&b, "prompt", ask->prompt, NULL);
    if (ask->max_age_s > 0) {
        buf_form(&b, "max_age", str_fmt(w->arena, "%ld", ask->max_age_s));
    }
    return buf_str(&b);
}

/* spec: RFC 9126 §2 the parameters go to the provider directly; the browser carries a reference */
static enum eid_code push(struct work *w, struct eid_client *c, const struct provider *p,
                          struct str parameters, struct str *out)
{
    if (p->par_endpoint == NULL) {
        return work_fail(w, EID_NOT_OFFERED,
                         "metadata has no pushed_authorization_request_endpoint");
    }
    struct ask ask = {.url = p->par_endpoint,
                      .form = parameters,
                      .accept = "application/json",
                      .as_client = true};
    json_t *answer = NULL;
    EID_TRY(exchange_json(w, c, &ask, &answer));
    struct str reference = json_member(answer, "request_uri");
    if (!str_is(reference)) {
        return work_fail(w, EID_BAD_ANSWER, "pushed request: no request_uri in the answer");
    }
    struct buf b = buf_in(w->arena);
    buf_form(&b, "client_id", str_from(c->client_id));
    buf_form(&b, "request_uri", reference);
    *out = buf_str(&b);
    return EID_OK;
}

static enum eid_code begin(struct work *w, struct eid_client *c, const struct eid_login_ask *given,
                           struct eid_login **out)
{
    struct eid_login_ask ask;
    struct provider *p = NULL;
    EID_TRY(read_ask(w, given, &ask));
    if (c->redirect_uri == NULL) {
        return work_fail(w, EID_BAD_CONFIGURATION, "eid_client_new was given no redirect URI");
    }
    EID_TRY(provider_lease(w, c, &p));
    /* spec: RFC 7636 §4.1 verifier of 43 to 128 characters with high entropy; §4.2 S256 */
    struct transaction t = {.state = rand_b64(w->arena, RANDOM_BYTES),
                            .nonce = rand_b64(w->arena, RANDOM_BYTES),
                            .verifier = rand_b64(w->arena, RANDOM_BYTES),
                            .memo = str_from(ask.memo),
                            .required = str_from(ask.required),
                            .begun_at = clock_now_s(),
                            .max_age_s = ask.max_age_s,
                            .account_level = ask.min_account_level,
                            .authentication_level = ask.min_authentication_level};
    struct str parameters = authorization_parameters(w, c, &ask, &t);
    struct str sealed;
    EID_TRY(transaction_seal(w, c, &t, &sealed));
    if (c->par || p->par_required) {
        EID_TRY(push(w, c, p, parameters, &parameters));
    }
    struct str endpoint = str_from(p->authorization_endpoint);
    struct buf url = buf_in(w->arena);
    buf_add(&url, endpoint);
    buf_byte(&url, str_has_byte(endpoint, '?') ? '&' : '?');
    buf_add(&url, parameters);

    struct eid_login *login = calloc(1, sizeof(*login));
    if (login == NULL) {
        return EID_NO_MEMORY;
    }
    login->url = strndup(url.p, url.n);
    login->transaction = strndup(sealed.p, sealed.n);
    if (login->url == NULL || login->transaction == NULL) {
        eid_login_free(login);
        return EID_NO_MEMORY;
    }
    *out = login;
    return EID_OK;
}

enum eid_code eid_login_begin(struct eid_client *client, const struct eid_login_ask *ask,
                              struct eid_login **out, struct eid_error *err)
{
    struct work w;
    if (work_begin(&w, err)) {
        if (setjmp(w.exhausted) == 0) {
            w.code = begin(&w, client, ask, out);
        }
    }
    return work_end(&w);
}

/* What was asked for is met or refused: never lowered silently. */
static enum eid_code judge_identity(struct work *w, const struct transaction *t,
                                    const struct eid_identity *i)
{
    if (i->account_level < t->account_level || i->authentication_level < t->authentication_level) {
        return work_fail(w, EID_ASSURANCE_NOT_MET,
                         "levels are account %d, authentication %d; asked for at least %d, %d",
                         i->account_level, i->authentication_level, (int)t->account_level,
                         (int)t->authentication_level);
    }
    struct str rest = t->required;
    struct str name;
    while (str_word(&rest, &name)) {
        if (eid_identity_claim(i, str_z(w->arena, name)) == NULL) {
            return work_fail(w, EID_CLAIM_REFUSED, "the claim %.*s was not released",
                             STR_FMT(name));
        }
    }
    return EID_OK;
}

/* Claims of userinfo for what the ID token does not say. */
static enum eid_code add_userinfo(struct work *w, struct eid_client *c, const struct provider *p,
                                  const struct tokens *tokens, json_t *claims)
{
    json_t *more = NULL;
    EID_TRY(userinfo_fetch(w, c, p, tokens->access_token, json_member(claims, "sub"), &more));
    return json_object_update_missing(claims, more) == 0 ? EID_OK : EID_NO_MEMORY;
}

static enum eid_code finish(struct work *w, struct eid_client *c, const char *url,
                            const char *sealed, struct eid_identity **out)
{
    struct transaction t;
    struct callback cb;
    struct provider *p = NULL;
    struct str code;
    struct tokens tokens;
    json_t *claims = NULL;
    if (url == NULL || sealed == NULL || c->redirect_uri == NULL) {
        return work_fail(w, EID_BAD_ARGUMENT, "callback, transaction or redirect URI is missing");
    }
    if (sealed[0] == '\0') {
        return work_fail(w, EID_LOGIN_EXPIRED,
                         "no transaction: the browser's cookie has expired or was not kept");
    }
    EID_TRY(transaction_open(w, c, str_from(sealed), &t));
    EID_TRY(callback_parse(w, str_from(url), &cb));
    EID_TRY(provider_lease(w, c, &p));
    EID_TRY(callback_judge(w, &cb, t.state, c->issuer, p->iss_in_answers, &code));
    EID_TRY(tokens_for_code(w, c, p, code, t.verifier, &tokens));
    struct id_token_expect expect = {
        .nonce = t.nonce, .access_token = tokens.access_token, .max_age_s = t.max_age_s};
    EID_TRY(id_token_verify(w, c, tokens.id_token, &expect, &claims));
    if (c->userinfo) {
        EID_TRY(add_userinfo(w, c, p, &tokens, claims));
    }
    struct eid_identity *identity = NULL;
    EID_TRY(identity_make(w, claims, &tokens, t.memo, &identity));
    enum eid_code judged = judge_identity(w, &t, identity);
    if (judged != EID_OK) {
        eid_identity_free(identity);
        return judged;
    }
    *out = identity;
    return EID_OK;
}

enum eid_code eid_login_finish(struct eid_client *client, const char *callback,
                               const char *transaction, struct eid_identity **out,
                               struct eid_error *err)
{
    struct work w;
    if (work_begin(&w, err)) {
        if (setjmp(w.exhausted) == 0) {
            w.code = finish(&w, client, callback, transaction, out);
        }
    }
    return work_end(&w);
}
