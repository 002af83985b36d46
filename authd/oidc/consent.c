/* GET and POST /consent/<handle>: what the service will learn, and the person's answer.
 *
 * Law 91/2025/QH15: agreement is informed, named per purpose, and silence is none: there is no
 * default and no pre-ticked box.  The form is bound to this browser, this login and this session,
 * so that it can't be sent for a person who did not see it. */
#include "oidc/issue.h"
#include "oidc/oidc.h"
#include "oidc/redirect.h"
#include "oidc/resource.h"
#include "oidc/scope.h"

static struct str form_purpose(struct req *r, const struct pending *p, const struct sso *sso)
{
    return str_fmt(r->arena, "consent %.*s %.*s", STR_FMT(p->text),
                   STR_FMT(uuid_text(r->arena, &sso->row.id)));
}

static void set_text(json_t *o, const char *name, struct str value)
{
    if (str_is(value)) {
        json_object_set_new(o, name, json_str(value));
    }
}

static json_t *named(const struct words *names)
{
    json_t *list = json_array();
    for (size_t i = 0; i < names->n; i++) {
        json_array_append_new(list, json_pack("{s:o}", "name", json_str(names->v[i])));
    }
    return list;
}

static enum err show(struct req *r, const struct pending *p, const struct sso *sso)
{
    const struct client *c = &p->party.client;
    struct str csrf;
    struct words names, resources;
    TRY(sso_csrf(r, form_purpose(r, p, sso), &csrf));
    claims_shown(r->arena, p->request.scope, p->request.claims, &names);
    TRY(resource_names(r, p->request.scope, &resources));
    json_t *data = json_object();
    json_object_set_new(data, "claims", named(&names));
    json_object_set_new(data, "resources", named(&resources));
    json_object_set_new(data, "action",
                        json_str(str_fmt(r->arena, "%s%.*s", CONSENT_PATH, STR_FMT(p->text))));
    set_text(data, "csrf", csrf);
    set_text(data, "service", party_name(&p->party, p->language == LANGUAGE_VI));
    set_text(data, "agency", c->agency);
    set_text(data, "purpose", c->purpose);
    set_text(data, "number_end", sso_account(r));
    set_text(data, "policy_uri", c->policy_uri);
    set_text(data, "tos_uri", c->tos_uri);
    bool offline = str_words_have(p->request.scope, STR("offline_access"));
    json_object_set_new(data, "offline", json_boolean(offline));
    reply_form_action(r, url_origin(r->arena, p->request.redirect_uri));
    return page_reply(r, 200, p->language, "consent", data);
}

static enum err deny(struct req *r, const struct pending *p, const struct sso *sso)
{
    struct audit entry = sso_audit(r, AUDIT_CONSENT_REFUSED);
    entry.refused = true;
    entry.bucket = bucket_of(&sso->row.subject);
    entry.subject = sso->row.subject;
    entry.actor = sso->row.actor;
    entry.mandate = sso->row.mandate;
    entry.session = sso->row.id;
    entry.client_id = p->party.client.id;
    enum err e = store_login_move(r->task, app_of(r)->db, &p->login, LOGIN_REFUSED, &entry);
    if (e == ERR_CONFLICT) {
        return pending_page(r, e);
    }
    TRY(e);
    log_event(LOG_INFO, CONSENT_REFUSED, LOG_STR("client", p->party.client.id));
    return redirect_refusal(r, p->request.redirect_uri, p->request.state, REFUSE_DENIED,
                            p->party.client.id);
}

static enum err allow(struct req *r, const struct pending *p, const struct sso *sso)
{
    struct agreement agreement;
    TRY(agreement_find(r, &p->party, &p->request, sso, &agreement));
    enum err e = code_issue(r, &p->party, &p->request, sso, &p->login, &agreement, true);
    if (e == ERR_CONFLICT) {
        return pending_page(r, e);
    }
    TRY(e);
    log_event(LOG_INFO, CONSENT_GIVEN, LOG_STR("client", p->party.client.id));
    return OK;
}

static enum err answer(struct req *r, const struct pending *p, const struct sso *sso)
{
    struct params form;
    enum err e = req_form(r, &form);
    if (e == OK && str_is(params_repeated(&form))) {
        e = fail(ERR_INPUT, "form: a field stands twice");
    }
    if (e == OK) {
        e = sso_csrf_check(r, form_purpose(r, p, sso), param_get(&form, "csrf"));
    }
    if (e == ERR_INPUT || e == ERR_DENIED) {
        log_failure(LOG_INFO, AUTHORIZE_REFUSED, e, LOG_STR("client", p->party.client.id));
        return page_error(r, e == ERR_DENIED ? 403 : 400, p->language, "form",
                          party_name(&p->party, p->language == LANGUAGE_VI));
    }
    TRY(e);
    struct str decision = param_get(&form, "decision");
    if (str_eq(decision, STR("allow"))) {
        return allow(r, p, sso);
    }
    return str_eq(decision, STR("deny")) ? deny(r, p, sso) : show(r, p, sso);
}

/* Everything but the agreement must still hold; if not, resume decides what to tell. */
static enum err show_or_answer(struct req *r, const struct pending *p, struct str resume)
{
    struct sso sso;
    bool found = false;
    struct situation s;
    enum refusal why = REFUSE_NOTHING;
    TRY(session_now(r, &found, &sso));
    TRY(situation_of(r, &p->party, &p->request, &p->login, found, &sso, &s));
    s.agreed_now = true;
    if (authorize_decide(&s, &why) != STEP_FINISH) {
        reply_redirect(r, resume);
        return OK;
    }
    return r->method == HTTP_POST ? answer(r, p, &sso) : show(r, p, &sso);
}

enum err oidc_consent(struct req *r)
{
    struct pending p;
    enum err e = pending_find(r, &p);
    if (e == OK && p.login.state != LOGIN_CONSENT) {
        e = fail(ERR_CONFLICT, "consent: not asked for now");
    }
    if (e != OK) {
        return pending_page(r, e);
    }
    struct str resume = str_fmt(r->arena, "%s%.*s", RESUME_PATH, STR_FMT(p.text));
    e = show_or_answer(r, &p, resume);
    return e == ERR_DENIED ? session_refused(r, resume) : e;
}
