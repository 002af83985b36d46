/* Judging the parameters of an authorization request.  Refuses before it accepts; unknown
 * parameters are ignored (RFC 6749 §3.1 MUST); display and claims_locales are understood and make
 * no difference. */
#include "oidc/authorize_request.h"
#include "base/arena.h"
#include "base/buf.h"
#include "oidc/pkce.h"
#include "oidc/scope.h"
#include "signer/confirmation.h"

#define ACR_VALUES_MAX 10
#define MAX_AGE_MAX (366LL * 86400)

/* Not understood means not counted: only parameters of ours may not be repeated or too long.
 * spec: RFC 6749 §3.1:unknown MUST ignore unrecognized request parameters; OpenID Core §15.1:accept
 */
static const char *const known[] = {"client_id",
                                    "redirect_uri",
                                    "response_type",
                                    "response_mode",
                                    "scope",
                                    "state",
                                    "nonce",
                                    "code_challenge",
                                    "prompt",
                                    "max_age",
                                    "login_hint",
                                    "id_token_hint",
                                    "code_challenge_method",
                                    "ui_locales",
                                    "acr_values",
                                    "claims",
                                    "claims_locales",
                                    "dpop_jkt",
                                    "display",
                                    "request",
                                    "request_uri",
                                    "registration",
                                    NULL};

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7F) {
            return true;
        }
    }
    return false;
}

static size_t count_of(const struct params *ps, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < ps->n; i++) {
        n += str_eqz(ps->v[i].name, name);
    }
    return n;
}

static bool present(const struct params *ps, const char *name)
{
    return str_is(param_get(ps, name));
}

enum refusal authorize_target(const struct client *c, const struct params *ps, struct str *out)
{
    /* spec: RFC 6749 §3.1:once request parameters MUST NOT be included more than once */
    if (count_of(ps, "redirect_uri") > 1 || count_of(ps, "client_id") > 1) {
        return REFUSE_REPEATED;
    }
    struct str uri = param_get(ps, "redirect_uri");
    if (!str_is(uri)) {
        /* spec: OpenID Core §3.1.2.1:redirect redirect_uri REQUIRED.  A request object may have
         * held it: then a single registered URI may be told that we do not read those. */
        if ((present(ps, "request") || present(ps, "request_uri")) && c->redirect_uris.n == 1) {
            *out = c->redirect_uris.v[0];
            return REFUSE_NOTHING;
        }
        return REFUSE_REDIRECT_MISSING;
    }
    /* spec: RFC 6749 §3.1.2.4 MUST NOT redirect to an invalid redirection URI */
    if (!client_may_redirect(c, uri)) {
        return REFUSE_REDIRECT_URI;
    }
    *out = uri;
    return REFUSE_NOTHING;
}

static enum refusal form_check(const struct params *ps)
{
    for (size_t i = 0; known[i] != NULL; i++) {
        struct str v = param_get(ps, known[i]);
        bool is_long = str_eqz(str_from(known[i]), "claims") ||
                       str_eqz(str_from(known[i]), "id_token_hint") ||
                       str_eqz(str_from(known[i]), "request");
        if (count_of(ps, known[i]) > 1) {
            return REFUSE_REPEATED;
        }
        if (v.n > (is_long ? PARAMETER_LONG_MAX : PARAMETER_MAX)) {
            return REFUSE_TOO_LONG;
        }
        if (has_control(v) && !str_eqz(str_from(known[i]), "claims")) {
            return REFUSE_NOT_UTF8;
        }
    }
    return REFUSE_NOTHING;
}

static enum refusal type_check(const struct client *c, const struct params *ps)
{
    /* spec: OpenID Core §3.1.2.6 request_not_supported, request_uri_not_supported,
     * registration_not_supported */
    if (present(ps, "request")) {
        return REFUSE_REQUEST_OBJECT;
    }
    if (present(ps, "request_uri")) {
        return REFUSE_REQUEST_URI_KIND;
    }
    if (present(ps, "registration")) {
        return REFUSE_REGISTRATION_PARAMETER;
    }
    /* spec: RFC 6749 §3.1.1 missing or not understood: MUST return an error */
    struct str type = param_get(ps, "response_type");
    if (!str_is(type)) {
        return REFUSE_RESPONSE_TYPE_MISSING;
    }
    /* spec: RFC 9700 §2.1.2 clients SHOULD NOT use the implicit grant */
    if (!str_eq(type, STR("code"))) {
        return REFUSE_RESPONSE_TYPE;
    }
    struct str mode = param_get(ps, "response_mode");
    if (str_is(mode) && !str_eq(mode, STR("query"))) {
        return REFUSE_RESPONSE_MODE;
    }
    return client_has_grant_type(c, STR("authorization_code")) ? REFUSE_NOTHING
                                                               : REFUSE_CLIENT_NO_CODE;
}

static enum refusal prompt_read(struct str prompt, struct authorize_request *q)
{
    struct str word;
    while (str_word(&prompt, &word)) {
        if (str_eq(word, STR("none"))) {
            q->prompt_none = true;
        } else if (str_eq(word, STR("login"))) {
            q->prompt_login = true;
        } else if (str_eq(word, STR("consent"))) {
            q->prompt_consent = true;
        } else if (str_eq(word, STR("select_account"))) {
            q->prompt_select = true;
        } else {
            return REFUSE_PROMPT;
        }
    }
    /* spec: OpenID Core §3.1.2.1:none none with any other value: an error is returned */
    if (q->prompt_none && (q->prompt_login || q->prompt_consent || q->prompt_select)) {
        return REFUSE_PROMPT;
    }
    return REFUSE_NOTHING;
}

static enum refusal age_read(const struct client *c, struct str text, int64_t *out)
{
    if (!str_is(text)) {
        *out = c->has_default_max_age ? c->default_max_age_s : -1;
        return REFUSE_NOTHING;
    }
    uint64_t v;
    if (!str_u64(text, &v)) {
        return REFUSE_MAX_AGE;
    }
    *out = v > MAX_AGE_MAX ? MAX_AGE_MAX : (int64_t)v;
    return REFUSE_NOTHING;
}

static enum refusal acr_read_values(struct arena *a, const struct client *c, struct str values,
                                    struct authorize_request *q)
{
    size_t n = 0;
    struct str rest = values;
    struct str word;
    while (str_word(&rest, &word)) {
        if (++n > ACR_VALUES_MAX) {
            return REFUSE_ACR_VALUES;
        }
    }
    if (str_is(values)) {
        q->acr_voluntary = values;
    } else if (!str_is(q->acr_voluntary) && c->default_acr_values.n > 0) {
        struct buf b = buf_in(a);
        for (size_t i = 0; i < c->default_acr_values.n; i++) {
            buf_addz(&b, i == 0 ? "" : " ");
            buf_add(&b, c->default_acr_values.v[i]);
        }
        q->acr_voluntary = buf_str(&b);
    }
    return REFUSE_NOTHING;
}

static enum refusal scope_read(struct arena *a, const struct client *c, struct str asked,
                               struct authorize_request *q)
{
    /* spec: OpenID Core §3.1.2.1:scope values that are not understood SHOULD be ignored */
    q->scope = scope_allowed(a, c, asked);
    /* spec: OpenID Core §11:grant offline_access MUST be ignored when it can not be granted */
    if (!client_has_grant_type(c, STR("refresh_token"))) {
        q->scope = scope_without(a, q->scope, STR("offline_access"));
    }
    return str_is(q->scope) ? REFUSE_NOTHING : REFUSE_SCOPE;
}

static enum refusal rules_check(struct arena *a, const struct client *c, const struct params *ps,
                                struct authorize_request *q)
{
    enum refusal why = form_check(ps);
    if (why == REFUSE_NOTHING) {
        why = type_check(c, ps);
    }
    if (why == REFUSE_NOTHING) {
        why = pkce_challenge_check(param_get(ps, "code_challenge"),
                                   param_get(ps, "code_challenge_method"), c->require_pkce);
    }
    /* spec: RFC 9449 §10 dpop_jkt: thumbprint of the key that the code will be bound to */
    if (why == REFUSE_NOTHING && str_is(q->dpop_jkt) && !jkt_is(q->dpop_jkt)) {
        why = REFUSE_DPOP_JKT;
    }
    if (why == REFUSE_NOTHING) {
        why = scope_read(a, c, param_get(ps, "scope"), q);
    }
    if (why == REFUSE_NOTHING) {
        why = prompt_read(param_get(ps, "prompt"), q);
    }
    if (why == REFUSE_NOTHING) {
        why = age_read(c, param_get(ps, "max_age"), &q->max_age);
    }
    struct claims_request claims = {STR_NONE, STR_NONE, STR_NONE, STR_NONE};
    if (why == REFUSE_NOTHING) {
        why = claims_read(a, c, param_get(ps, "claims"), &claims);
    }
    q->claims = claims.kept;
    q->sub = claims.sub;
    q->acr_essential = claims.acr_essential;
    q->acr_voluntary = claims.acr_voluntary;
    if (why == REFUSE_NOTHING) {
        why = acr_read_values(a, c, param_get(ps, "acr_values"), q);
    }
    return why;
}

enum refusal authorize_request_read(struct arena *a, const struct client *c,
                                    const struct params *ps, struct authorize_request *out)
{
    struct str state = param_get(ps, "state");
    bool echo = count_of(ps, "state") <= 1 && state.n <= PARAMETER_MAX && !has_control(state);
    struct authorize_request q = {.client_id = c->id,
                                  .redirect_uri = param_get(ps, "redirect_uri"),
                                  .state = echo ? state : STR_NONE,
                                  .nonce = param_get(ps, "nonce"),
                                  .code_challenge = param_get(ps, "code_challenge"),
                                  .dpop_jkt = param_get(ps, "dpop_jkt"),
                                  .max_age = -1,
                                  .login_hint = param_get(ps, "login_hint"),
                                  .ui_locales = param_get(ps, "ui_locales"),
                                  .id_token_hint = param_get(ps, "id_token_hint")};
    enum refusal why = rules_check(a, c, ps, &q);
    *out = q;
    return why;
}

/* The stored form: one row per text member. */
static const struct {
    const char *name;
    size_t at;
} stored[] = {
    {"client_id", offsetof(struct authorize_request, client_id)},
    {"redirect_uri", offsetof(struct authorize_request, redirect_uri)},
    {"state", offsetof(struct authorize_request, state)},
    {"nonce", offsetof(struct authorize_request, nonce)},
    {"scope", offsetof(struct authorize_request, scope)},
    {"code_challenge", offsetof(struct authorize_request, code_challenge)},
    {"dpop_jkt", offsetof(struct authorize_request, dpop_jkt)},
    {"login_hint", offsetof(struct authorize_request, login_hint)},
    {"ui_locales", offsetof(struct authorize_request, ui_locales)},
    {"claims", offsetof(struct authorize_request, claims)},
    {"acr_essential", offsetof(struct authorize_request, acr_essential)},
    {"acr_voluntary", offsetof(struct authorize_request, acr_voluntary)},
    {"sub", offsetof(struct authorize_request, sub)},
};

#define STORED_COUNT (sizeof(stored) / sizeof(stored[0]))

static const struct {
    const char *name;
    size_t at;
} prompts[] = {
    {"none", offsetof(struct authorize_request, prompt_none)},
    {"login", offsetof(struct authorize_request, prompt_login)},
    {"consent", offsetof(struct authorize_request, prompt_consent)},
    {"select_account", offsetof(struct authorize_request, prompt_select)},
};

#define PROMPT_COUNT (sizeof(prompts) / sizeof(prompts[0]))

struct str authorize_request_text(struct arena *a, const struct authorize_request *q)
{
    json_t *o = json_own(a, json_object());
    for (size_t i = 0; i < STORED_COUNT; i++) {
        struct str v = *(const struct str *)((const char *)q + stored[i].at);
        if (str_is(v)) {
            json_object_set_new(o, stored[i].name, json_str(v));
        }
    }
    struct buf b = buf_in(a);
    for (size_t i = 0; i < PROMPT_COUNT; i++) {
        if (*(const bool *)((const char *)q + prompts[i].at)) {
            buf_addz(&b, b.n == 0 ? "" : " ");
            buf_addz(&b, prompts[i].name);
        }
    }
    if (b.n > 0) {
        json_object_set_new(o, "prompt", json_str(buf_str(&b)));
    }
    json_object_set_new(o, "max_age", json_integer(q->max_age));
    return json_text(a, o);
}

enum err authorize_request_load(struct arena *a, struct str text, struct authorize_request *out)
{
    json_t *o = NULL;
    struct authorize_request q = {.max_age = -1};
    if (json_read_in(a, text, &o) != OK || !json_is_object(o)) {
        return fail(ERR_INTERNAL, "authorize: the stored request can not be read");
    }
    for (size_t i = 0; i < STORED_COUNT; i++) {
        *(struct str *)((char *)&q + stored[i].at) = json_member(o, stored[i].name);
    }
    struct str prompt = json_member(o, "prompt");
    for (size_t i = 0; i < PROMPT_COUNT; i++) {
        *(bool *)((char *)&q + prompts[i].at) = str_words_have(prompt, str_from(prompts[i].name));
    }
    if (!json_member_i64(o, "max_age", &q.max_age) || !str_is(q.client_id) ||
        !str_is(q.redirect_uri) || !str_is(q.scope)) {
        return fail(ERR_INTERNAL, "authorize: the stored request is incomplete");
    }
    *out = q;
    return OK;
}
