/* Beginning a login: what is asked, pushed to the provider where it can be, and the sealed
 * transaction. */
#include <stdlib.h>
#include <string.h>
#include "base/b64.h"
#include "base/clock.h"
#include "eid/login.h"
#include "libeid/dpop.h"
#include "libeid/exchange.h"
#include "libeid/login.h"
#include "libeid/operation.h"
#include "libeid/transaction.h"

/* spec: RFC 7636 §7.1 256 bits of entropy */
#define RANDOM_BYTES 32
#define ASK_SIZE_MAX 4096

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

struct begin {
    struct made made; /* first */
    struct eid_login_ask ask;
    bool sized; /* the caller said how large his struct is */
    bool begun; /* t is made */
    struct transaction t;
    struct exchange *pushed;
};

/* What the caller asks for, whatever version of the struct he was compiled with. */
static struct begin begin_of(const struct eid_login_ask *given)
{
    struct begin f = {.sized = given == NULL ||
                               (given->size >= sizeof(size_t) && given->size <= ASK_SIZE_MAX)};
    if (given != NULL && f.sized) {
        memcpy(&f.ask, given, given->size < sizeof(f.ask) ? given->size : sizeof(f.ask));
    }
    return f;
}

static struct made *begin_copy(struct arena *a, const void *arguments)
{
    struct begin *f = arena_alloc(a, sizeof(*f));
    *f = *(const struct begin *)arguments;
    const char **const texts[] = {&f->ask.scope,      &f->ask.acr_values, &f->ask.ui_locales,
                                  &f->ask.login_hint, &f->ask.prompt,     &f->ask.required,
                                  &f->ask.memo};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *texts[i] = operation_text(a, *texts[i]);
    }
    return &f->made;
}

static enum eid_code judge_ask(struct work *w, const struct eid_client *c, const struct begin *f)
{
    const struct eid_login_ask *ask = &f->ask;
    if (!f->sized) {
        return work_fail(w, EID_BAD_ARGUMENT, "set ask.size to sizeof(struct eid_login_ask)");
    }
    if (ask->min_account_level < 0 || ask->min_account_level > 2 ||
        ask->min_authentication_level < 0 || ask->min_authentication_level > 4 ||
        ask->max_age_s < 0) {
        return work_fail(w, EID_BAD_ARGUMENT,
                         "levels are 0 to 2 and 0 to 4, max_age_s is not negative");
    }
    if (c->redirect_uri == NULL) {
        return work_fail(w, EID_BAD_CONFIGURATION, "eid_client_new was given no redirect URI");
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
                                           const struct transaction *t, const struct own_key *bind)
{
    struct buf b = buf_in(w->arena);
    buf_form(&b, "response_type", STR("code"));
    buf_form(&b, "client_id", str_from(c->client_id));
    buf_form(&b, "redirect_uri", str_from(c->redirect_uri));
    add_optional(&b, "scope", ask->scope, c->scope);
    buf_form(&b, "state", t->state);
    buf_form(&b, "nonce", t->nonce);
    buf_form(&b, "code_challenge", b64_str(w->arena, work_sha256(w, t->verifier)));
    buf_form(&b, "code_challenge_method", STR("S256"));
    /* spec: RFC 9449 §10 the code is bound to the key that will prove at the token endpoint */
    if (bind != NULL) {
        buf_form(&b, "dpop_jkt", str_from(bind->thumbprint));
    }
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

enum eid_code login_push_check(struct work *w, const struct eid_client *c, const struct provider *p)
{
    if (p->par_endpoint == NULL && (c->par == MODE_ON || p->par_required)) {
        return work_fail(w, EID_NOT_OFFERED,
                         "metadata has no pushed_authorization_request_endpoint: set EID_PAR auto");
    }
    return EID_OK;
}

/* spec: RFC 9126 §2 the parameters go to the provider directly; the browser carries a reference
 * spec: RFC 9126 §2.2 201 with request_uri */
static enum eid_code push(struct work *w, struct eid_client *c, const struct provider *p,
                          struct exchange **place, struct str *parameters)
{
    EID_TRY(login_push_check(w, c, p));
    struct ask ask = {.url = p->par_endpoint,
                      .form = *parameters,
                      .accept = "application/json",
                      .as_client = true,
                      .named = true};
    json_t *answer = NULL;
    EID_TRY(exchange_json(w, c, place, &ask, &answer));
    struct str reference = json_member(answer, "request_uri");
    if (!str_is(reference)) {
        return work_fail(w, EID_BAD_ANSWER, "pushed request: no request_uri in the answer");
    }
    struct buf b = buf_in(w->arena);
    buf_form(&b, "client_id", str_from(c->client_id));
    buf_form(&b, "request_uri", reference);
    *parameters = buf_str(&b);
    return EID_OK;
}

/* spec: RFC 9126 §5 require_pushed_authorization_requests; without it, pushed wherever it can be */
static bool is_pushed(const struct eid_client *c, const struct provider *p)
{
    return c->par == MODE_ON || p->par_required || (c->par == MODE_AUTO && p->par_endpoint != NULL);
}

static enum eid_code hand_over(struct work *w, const struct provider *p, struct str parameters,
                               struct str sealed, struct eid_login **out)
{
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

static enum eid_code begin(struct work *w, struct eid_client *c, void *own)
{
    struct begin *f = own;
    struct provider *p = NULL;
    const struct own_key *bind = NULL;
    struct str sealed;
    EID_TRY(judge_ask(w, c, f));
    EID_TRY(provider_lease(w, c, &p));
    EID_TRY(dpop_choose(w, c, p, 0, &bind));
    if (!f->begun) {
        /* spec: RFC 7636 §4.1 verifier of 43 to 128 characters with high entropy; §4.2 S256 */
        f->t = (struct transaction){.state = work_random_b64(w, RANDOM_BYTES),
                                    .nonce = work_random_b64(w, RANDOM_BYTES),
                                    .verifier = work_random_b64(w, RANDOM_BYTES),
                                    .memo = str_from(f->ask.memo),
                                    .required = str_from(f->ask.required),
                                    .begun_at = clock_now_s(),
                                    .max_age_s = f->ask.max_age_s,
                                    .account_level = f->ask.min_account_level,
                                    .authentication_level = f->ask.min_authentication_level};
        f->begun = true;
    }
    EID_TRY(transaction_seal(w, c, &f->t, &sealed));
    struct str parameters = authorization_parameters(w, c, &f->ask, &f->t, bind);
    if (is_pushed(c, p)) {
        EID_TRY(push(w, c, p, &f->pushed, &parameters));
    }
    return hand_over(w, p, parameters, sealed, &f->made.login);
}

enum eid_code eid_login_begin(struct eid_client *client, const struct eid_login_ask *ask,
                              struct eid_login **out, struct eid_error *err)
{
    struct begin f = begin_of(ask);
    enum eid_code code = work_block(client, begin, &f, err);
    if (code == EID_OK) {
        *out = f.made.login;
    }
    return code;
}

enum eid_code eid_login_begin_start(struct eid_client *client, const struct eid_login_ask *ask,
                                    struct eid_operation **out, struct eid_error *err)
{
    static const struct operation_kind kind = {begin, begin_copy};
    struct begin f = begin_of(ask);
    return operation_start(client, &kind, &f, out, err);
}
