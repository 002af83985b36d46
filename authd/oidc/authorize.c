/* GET and POST /authorize: RFC 6749 §4.1.1, OpenID Connect Core §3.1.2, RFC 9126 §4.
 *
 * The request is judged; then the person is sent to log in, to choose, to agree, or straight back
 * with a code.  A POST comes from another site, so the browser holds our cookies back: its
 * parameters are kept as if pushed, and the browser is sent here again with a GET.  Must not
 * redirect to an URI that is not registered for the client. */
#include "base/buf.h"
#include "base/rand.h"
#include "oidc/hint.h"
#include "oidc/oidc.h"
#include "oidc/redirect.h"
#include "oidc/verdict.h"
#include "sso/login_hint.h"
/* A request on its way: where it came from decides what it consumes. */
struct asked {
    struct authorize_request request;
    struct party party;
    bool pushed;
    struct handle push; /* of the pushed request, when pushed */
};

/* Told to the person: there is no URI that may be told.
 * spec: RFC 6749 §4.1.2.1:place MUST NOT redirect, inform the resource owner; RFC 9700 §4.11.2 no
 * open redirector.  client: STR_NONE when it is none of ours: what stands in its place may be
 * anything, a personal number too. */
static enum err refuse_page(struct req *r, const struct params *ps, struct str client,
                            enum refusal why)
{
    const char *key = why == REFUSE_REDIRECT_URI || why == REFUSE_REDIRECT_MISSING ? "redirect_uri"
                      : why == REFUSE_AUTHORIZE_CLIENT                             ? "client"
                                                                                   : "request";
    refusal_log(why, client, AUTHORIZE_REFUSED);
    return page_error(r, refusal_status(why), page_language(r, param_get(ps, "ui_locales")), key,
                      STR_NONE);
}

/* Switched off by the administrator: nothing is sent anywhere, the person is told why it ends here.
 */
static enum err refuse_disabled(struct req *r, const struct params *ps, const struct party *p)
{
    enum language l = page_language(r, param_get(ps, "ui_locales"));
    refusal_log(REFUSE_AUTHORIZE_CLIENT, p->client.id, AUTHORIZE_REFUSED);
    return page_error(r, refusal_status(REFUSE_AUTHORIZE_CLIENT), l, "service_disabled",
                      party_name(p, l == LANGUAGE_VI));
}

static enum err tell(struct req *r, const struct asked *q, enum refusal why)
{
    return redirect_refusal(r, q->request.redirect_uri, q->request.state, why, q->party.client.id);
}

/* The person an id_token_hint names; a hint of somebody else's client is no hint. */
static enum err hint_apply(struct req *r, struct asked *q, enum refusal *why)
{
    struct hint hint;
    *why = REFUSE_NOTHING;
    if (!str_is(q->request.id_token_hint)) {
        return OK;
    }
    enum err e = hint_read(r, q->request.id_token_hint, &hint);
    if (e == ERR_DENIED || (e == OK && !str_eq(hint.client_id, q->party.client.id))) {
        *why = REFUSE_ID_TOKEN_HINT;
        return OK;
    }
    TRY(e);
    if (str_is(q->request.sub) && !str_eq(q->request.sub, hint.sub)) {
        *why = REFUSE_OTHER_PERSON;
        return OK;
    }
    q->request.sub = hint.sub;
    return OK;
}

/* The rows of a pushed request; *why tells what the client hears. */
static enum err pushed_find(struct req *r, struct str uri, struct asked *q, enum refusal *why)
{
    const struct app_keys *keys = NULL;
    struct request_row row;
    struct str head = STR(REQUEST_URI_HEAD);
    *why = REFUSE_REQUEST_URI;
    TRY(app_keys(r->task, app_of(r), &keys));
    if (handle_read(keys->handle_key, str_of(uri.p + head.n, uri.n - head.n), &q->push) != OK) {
        return OK;
    }
    enum err e = store_request_find(r->task, app_of(r)->db, &q->push, &row);
    /* spec: RFC 9126 §4:expired MUST reject expired request_uri values */
    if (e == ERR_NOT_FOUND || e == ERR_EXPIRED) {
        return OK;
    }
    TRY(e);
    /* spec: RFC 9126 §4:client MUST be the one that pushed; §2.2:bound */
    if (!str_eq(row.client_id, q->party.client.id)) {
        *why = REFUSE_REQUEST_URI_CLIENT;
        return OK;
    }
    /* spec: RFC 9126 §7.3 a request_uri is used once */
    if (row.used || !row.pushed) {
        return OK;
    }
    TRY(authorize_request_load(r->arena, row.parameters, &q->request));
    if (!client_may_redirect(&q->party.client, q->request.redirect_uri)) {
        *why = REFUSE_REDIRECT_URI;
        return OK;
    }
    q->pushed = true;
    *why = REFUSE_NOTHING;
    return OK;
}

static void login_path(struct req *r, enum step step, struct str handle)
{
    const char *path = step == STEP_CONSENT  ? CONSENT_PATH
                       : step == STEP_SELECT ? SELECT_PATH
                                             : LOGIN_PATH;
    reply_redirect(r, str_fmt(r->arena, "%s%.*s", path, STR_FMT(handle)));
}

/* The request as it is stored, its login_hint sealed for the login it leads to. */
static struct str parameters_of(struct req *r, const struct asked *q, const struct handle *login)
{
    struct authorize_request stored = q->request;
    stored.login_hint = login_hint_seal(r->arena, login, q->request.login_hint);
    return authorize_request_text(r->arena, &stored);
}

/* Starts a login in progress and, for pushed requests, consumes the push. */
static enum err login_start(struct req *r, const struct asked *q, enum login_state state,
                            struct handle *h)
{
    struct app *app = app_of(r);
    struct sha256 browser;
    TRY(sso_browser(r, true, &browser));
    if (q->pushed) {
        login_handle_of_push(&q->push, h);
    } else {
        handle_make(NULL, (uint16_t)rand_below(BUCKETS), h);
    }
    return store_login_create(r->task, app->db, h, &browser, q->pushed ? &q->push : NULL,
                              q->party.client.id, parameters_of(r, q, h), state,
                              app->config->login_lifetime_s);
}

static enum login_state state_of(enum step step)
{
    switch (step) {
    case STEP_SELECT:
        return LOGIN_SELECT;
    case STEP_CONSENT:
        return LOGIN_CONSENT;
    default:
        return LOGIN_LOGIN;
    }
}

/* What the present session allows, at once or with pages.  ERR_DENIED: the signer does not accept
 * it. */
static enum err proceed_with(struct req *r, struct asked *q)
{
    struct verdict v;
    TRY(verdict_find(r, &q->party, &q->request, NULL, &v));
    if (v.step == STEP_REFUSE && v.found) {
        /* A person was there: refusing is an act that belongs to the history of that person. */
        struct audit entry = refusal_audit(r, &q->party, &v.sso, v.why);
        TRY(store_audit_write(r->task, app_of(r)->db, &entry));
    }
    if (!q->pushed && v.step == STEP_REFUSE) {
        return tell(r, q, v.why);
    }
    if (!q->pushed && v.step == STEP_FINISH) {
        return code_issue(r, &q->party, &q->request, &v.sso, NULL, &v.agreement, false);
    }
    struct handle h;
    const struct app_keys *keys = NULL;
    TRY(app_keys(r->task, app_of(r), &keys));
    enum err e = login_start(r, q, state_of(v.step), &h);
    if (e == ERR_CONFLICT) {
        return tell(r, q, REFUSE_REQUEST_URI);
    }
    TRY(e);
    struct str text = handle_text(r->arena, keys->handle_key, &h);
    if (v.step == STEP_REFUSE) {
        return tell(r, q, v.why);
    }
    if (v.step == STEP_FINISH) {
        reply_redirect(r, str_fmt(r->arena, "%s%.*s", RESUME_PATH, STR_FMT(text)));
        return OK;
    }
    login_path(r, v.step, text);
    return OK;
}

static enum err proceed(struct req *r, struct asked *q)
{
    enum err e = proceed_with(r, q);
    if (e != ERR_DENIED) {
        return e;
    }
    return session_refused(r, str_fmt(r->arena, "%.*s?%.*s", STR_FMT(r->path), STR_FMT(r->query)));
}

/* spec: RFC 9126 §4:only parameters outside the pushed request are ignored */
static enum err authorize_pushed(struct req *r, const struct params *ps, struct asked *q)
{
    enum refusal why;
    TRY(pushed_find(r, param_get(ps, "request_uri"), q, &why));
    if (why == REFUSE_NOTHING) {
        return proceed(r, q);
    }
    struct str uri = param_get(ps, "redirect_uri");
    if (client_may_redirect(&q->party.client, uri)) {
        return redirect_refusal(r, uri, param_get(ps, "state"), why, q->party.client.id);
    }
    return refuse_page(r, ps, q->party.client.id, why);
}

/* The same request as a GET, which carries the cookies. */
static void return_with_get(struct req *r, struct str client_id, struct str request_uri)
{
    struct buf query = buf_in(r->arena);
    buf_form(&query, "client_id", client_id);
    buf_form(&query, "request_uri", request_uri);
    reply_redirect(r, str_fmt(r->arena, "/authorize?%.*s", STR_FMT(buf_str(&query))));
}

/* A cross-site POST: keep the parameters, come back with a GET. */
static enum err keep_and_return(struct req *r, const struct asked *q)
{
    struct app *app = app_of(r);
    const struct app_keys *keys = NULL;
    struct handle h;
    struct handle login;
    TRY(app_keys(r->task, app, &keys));
    handle_make(NULL, (uint16_t)rand_below(BUCKETS), &h);
    login_handle_of_push(&h, &login);
    TRY(store_request_push(r->task, app->db, &h, q->party.client.id, parameters_of(r, q, &login),
                           app->config->par_lifetime_s));
    return_with_get(r, q->party.client.id,
                    str_fmt(r->arena, REQUEST_URI_HEAD "%.*s",
                            STR_FMT(handle_text(r->arena, keys->handle_key, &h))));
    return OK;
}

static enum err authorize_plain(struct req *r, const struct params *ps, struct asked *q)
{
    struct str target;
    enum refusal why = authorize_target(&q->party.client, ps, &target);
    if (why != REFUSE_NOTHING) {
        return refuse_page(r, ps, q->party.client.id, why);
    }
    why = authorize_request_read(r->arena, &q->party.client, ps, &q->request);
    q->request.redirect_uri = target;
    /* spec: RFC 9126 §6 require_pushed_authorization_requests */
    if (why == REFUSE_NOTHING && q->party.client.require_pushed) {
        why = REFUSE_NOT_PUSHED;
    }
    if (why == REFUSE_NOTHING) {
        TRY(hint_apply(r, q, &why));
    }
    if (why != REFUSE_NOTHING) {
        return tell(r, q, why);
    }
    return r->method == HTTP_POST ? keep_and_return(r, q) : proceed(r, q);
}

enum err oidc_authorize(struct req *r)
{
    struct params ps = {NULL, 0};
    struct asked q = {.pushed = false};
    enum err e = r->method == HTTP_POST ? req_form(r, &ps) : req_query(r, &ps);
    if (e == ERR_INPUT) {
        ps = (struct params){NULL, 0};
        return refuse_page(r, &ps, STR_NONE, REFUSE_MALFORMED);
    }
    TRY(e);
    e = party_find_any(r, param_get(&ps, "client_id"), &q.party);
    if (e == ERR_NOT_FOUND) {
        return refuse_page(r, &ps, STR_NONE, REFUSE_AUTHORIZE_CLIENT);
    }
    TRY(e);
    if (!q.party.row.active) {
        return refuse_disabled(r, &ps, &q.party);
    }
    struct str repeated = params_repeated(&ps);
    if (str_starts(param_get(&ps, "request_uri"), STR(REQUEST_URI_HEAD)) &&
        !str_eqz(repeated, "request_uri") && !str_eqz(repeated, "client_id")) {
        if (r->method == HTTP_POST) {
            return_with_get(r, q.party.client.id, param_get(&ps, "request_uri"));
            return OK;
        }
        return authorize_pushed(r, &ps, &q);
    }
    return authorize_plain(r, &ps, &q);
}
