/* GET and POST /logout and POST /logout/confirm: OpenID Connect RP-Initiated Logout 1.0.
 *
 * An ID token of this very session, brought back as id_token_hint, ends it at once; anything less
 * asks the person first.  Nobody is sent to an address that is not registered for the client that
 * the hint or client_id names.  A POST comes from another site, so the browser holds our cookies
 * back: it is sent here again with a GET. */
#include "base/buf.h"
#include "oidc/hint.h"
#include "oidc/oidc.h"
#include "oidc/pending.h"
#include "oidc/redirect.h"

#define CSRF_PURPOSE "logout"

static const char *const parameters[] = {"id_token_hint", "client_id", "post_logout_redirect_uri",
                                         "state", "ui_locales"};
#define PARAMETER_COUNT (sizeof(parameters) / sizeof(parameters[0]))

struct leaving {
    struct params ps;
    enum language language;
    bool has_party; /* named by hint or client_id */
    struct party party;
    bool has_hint;
    struct hint hint;
    struct str uri; /* where to go afterwards, registered; STR_NONE */
    struct str state;
};

static enum err refuse(struct req *r, const struct leaving *l, const char *why)
{
    log_event(LOG_INFO, AUTHORIZE_REFUSED, LOG_Z("refusal", why),
              LOG_STR("client", l->has_party ? l->party.client.id : STR_NONE));
    return page_error(r, 400, l->language, "logout",
                      l->has_party ? party_name(&l->party, l->language == LANGUAGE_VI) : STR_NONE);
}

/* Judges the request; *why names what is wrong. */
static enum err judge(struct req *r, struct leaving *l, const char **why)
{
    *why = NULL;
    struct str hint = param_get(&l->ps, "id_token_hint");
    struct str client = param_get(&l->ps, "client_id");
    struct str uri = param_get(&l->ps, "post_logout_redirect_uri");
    l->state = param_get(&l->ps, "state");
    if (str_is(params_repeated(&l->ps))) {
        *why = "LOGOUT_REPEATED";
        return OK;
    }
    if (str_is(hint)) {
        /* spec: RP-Initiated Logout §2:hint MUST validate that it was the issuer */
        enum err e = hint_read(r, hint, &l->hint);
        /* spec: RP-Initiated Logout §4 a hint that is not ours: the OP MUST NOT redirect */
        if (e == ERR_DENIED) {
            *why = "LOGOUT_HINT";
            return OK;
        }
        TRY(e);
        l->has_hint = true;
        /* spec: RP-Initiated Logout §2:client client_id and aud of the hint MUST match */
        if (str_is(client) && !str_eq(client, l->hint.client_id)) {
            *why = "LOGOUT_CLIENT";
            return OK;
        }
        client = l->hint.client_id;
    }
    if (str_is(client)) {
        enum err e = party_find(r, client, &l->party);
        if (e == ERR_NOT_FOUND) {
            *why = "LOGOUT_CLIENT";
            return OK;
        }
        TRY(e);
        l->has_party = true;
    }
    if (str_is(uri)) {
        /* spec: RP-Initiated Logout §3:place MUST NOT redirect unless the URI is registered for the
         * client */
        if (!l->has_party || !client_may_post_logout(&l->party.client, uri)) {
            *why = "LOGOUT_URI";
            return OK;
        }
        l->uri = uri;
    }
    return OK;
}

/* spec: RP-Initiated Logout §3:state the state parameter is passed back */
static enum err goodbye(struct req *r, const struct leaving *l)
{
    if (str_is(l->uri)) {
        const struct param v[] = {{STR("state"), l->state}};
        reply_redirect(r, redirect_uri_with(r->arena, l->uri, v, 1));
        return OK;
    }
    json_t *data = json_object();
    if (l->has_party) {
        json_object_set_new(data, "service",
                            json_str(party_name(&l->party, l->language == LANGUAGE_VI)));
    }
    /* The service's own address, as registered; where to go is the person's decision. */
    if (l->has_party && str_is(l->party.client.uri)) {
        json_object_set_new(data, "return_uri", json_str(l->party.client.uri));
    }
    return page_reply(r, 200, l->language, "logged_out", data);
}

static enum err end_session(struct req *r, const struct leaving *l, const struct sso *sso)
{
    struct audit entry = sso_audit(r, AUDIT_LOGOUT);
    entry.bucket = sso->row.bucket;
    entry.subject = sso->row.subject;
    entry.actor = sso->row.actor;
    entry.mandate = sso->row.mandate;
    entry.session = sso->row.id;
    entry.client_id = l->has_party ? l->party.client.id : STR_NONE;
    /* spec: RP-Initiated Logout §2:end if the person says yes, the OP MUST log out */
    TRY(store_session_end(r->task, app_of(r)->db, sso->row.bucket, &sso->row.id, STR("logout"),
                          &entry));
    sso_clear_cookie(r);
    log_event(LOG_INFO, LOGOUT, LOG_STR("client", entry.client_id));
    return goodbye(r, l);
}

static enum err ask(struct req *r, const struct leaving *l)
{
    struct str csrf;
    struct sha256 browser;
    TRY(sso_browser(r, true, &browser));
    TRY(sso_csrf(r, STR(CSRF_PURPOSE), &csrf));
    json_t *fields = json_array();
    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        struct str v = param_get(&l->ps, parameters[i]);
        if (str_is(v)) {
            json_array_append_new(
                fields, json_pack("{s:s, s:o}", "name", parameters[i], "value", json_str(v)));
        }
    }
    json_t *data = json_object();
    json_object_set_new(data, "action", json_string("/logout/confirm"));
    json_object_set_new(data, "csrf", json_str(csrf));
    json_object_set_new(data, "fields", fields);
    if (l->has_party) {
        json_object_set_new(data, "service",
                            json_str(party_name(&l->party, l->language == LANGUAGE_VI)));
    }
    if (str_is(l->uri)) {
        reply_form_action(r, url_origin(r->arena, l->uri));
    }
    return page_reply(r, 200, l->language, "logout", data);
}

/* Is the hint of the session in this browser, as its client knows it? */
static enum err is_of_session(struct req *r, const struct leaving *l, const struct sso *sso,
                              bool *out)
{
    struct known_as known;
    *out = false;
    if (!l->has_hint) {
        return OK;
    }
    enum err e = session_known_as(r, &l->party, sso, &known);
    if (e == ERR_DENIED) {
        return OK; /* the signer no longer knows this session: the person is asked */
    }
    TRY(e);
    *out = str_is(l->hint.sid) ? str_eq(known.sid, l->hint.sid) : str_eq(known.sub, l->hint.sub);
    return OK;
}

/* The same parameters in a GET, which carries the cookies. */
static enum err return_with_get(struct req *r, const struct leaving *l)
{
    struct buf query = buf_in(r->arena);
    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        struct str v = param_get(&l->ps, parameters[i]);
        if (str_is(v)) {
            buf_form(&query, parameters[i], v);
        }
    }
    reply_redirect(r, str_fmt(r->arena, "/logout?%.*s", STR_FMT(buf_str(&query))));
    return OK;
}

static enum err parse(struct req *r, struct leaving *l, const char **why)
{
    *l = (struct leaving){.has_party = false};
    *why = NULL;
    enum err e = r->method == HTTP_POST ? req_form(r, &l->ps) : req_query(r, &l->ps);
    if (e == ERR_INPUT) {
        l->ps = (struct params){NULL, 0};
        *why = "LOGOUT_MALFORMED";
        e = OK;
    }
    l->language = page_language(r, param_get(&l->ps, "ui_locales"));
    return e;
}

enum err oidc_logout(struct req *r)
{
    struct leaving l;
    struct sso sso;
    bool found = false;
    bool known = false;
    const char *why;
    TRY(parse(r, &l, &why));
    if (why == NULL) {
        TRY(judge(r, &l, &why));
    }
    if (why != NULL) {
        return refuse(r, &l, why);
    }
    if (r->method == HTTP_POST) {
        return return_with_get(r, &l);
    }
    TRY(session_now(r, &found, &sso));
    if (!found) {
        sso_clear_cookie(r);
        return goodbye(r, &l);
    }
    TRY(is_of_session(r, &l, &sso, &known));
    /* spec: RP-Initiated Logout §2:ask without a hint of this session the OP MUST ask the person */
    return known ? end_session(r, &l, &sso) : ask(r, &l);
}

enum err oidc_logout_confirm(struct req *r)
{
    struct leaving l;
    struct sso sso;
    bool found = false;
    const char *why;
    TRY(parse(r, &l, &why));
    if (why == NULL) {
        enum err e = sso_csrf_check(r, STR(CSRF_PURPOSE), param_get(&l.ps, "csrf"));
        if (e == ERR_DENIED || e == ERR_INPUT) {
            log_failure(LOG_INFO, AUTHORIZE_REFUSED, e, LOG_Z("refusal", "LOGOUT_FORM"));
            return page_error(r, 403, l.language, "form", STR_NONE);
        }
        TRY(e);
        TRY(judge(r, &l, &why));
    }
    if (why != NULL) {
        return refuse(r, &l, why);
    }
    if (!str_eq(param_get(&l.ps, "decision"),
                STR("logout"))) { /* Stays logged in: going to the service's address would tell it
                                     the opposite. */
        reply_redirect(r, STR("/"));
        return OK;
    }
    TRY(session_now(r, &found, &sso));
    return found ? end_session(r, &l, &sso) : goodbye(r, &l);
}
