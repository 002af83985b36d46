/* GET and POST /consent/<handle>: what the service will learn, line by line, and the person's
 * answer.
 *
 * Law 91/2025/QH15: agreement is informed, per purpose, and silence is none.  So nothing is ticked
 * beforehand: "agree" names all it covers, "choose" shows the same lines with empty boxes, and
 * what the service itself can do without needs a tick in either (docs/decisions/0010).  The form is
 * bound to this browser, this login and this session, and names the lines it showed, so that
 * nothing can be agreed to that was not seen. */
#include "base/buf.h"
#include "oidc/issue.h"
#include "oidc/oidc.h"
#include "oidc/redirect.h"

#define CHOOSE_QUERY "choose=yes"
#define HOUR_S 3600
#define DAY_S (24 * HOUR_S)

struct answer {
    const struct pending *p;
    const struct sso *sso;
    struct agreement agreement;
    bool choosing; /* the page with a box for each line */
};

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

/* Asked now: what is not decided, and everything when the service wants it asked again. */
static bool is_shown(const struct answer *w, const struct ask *ask)
{
    return w->p->request.prompt_consent || ask->answer == ASK_OPEN;
}

static struct str lines_shown(struct req *r, const struct answer *w)
{
    struct buf b = buf_in(r->arena);
    for (size_t i = 0; i < w->agreement.asks.n; i++) {
        if (is_shown(w, &w->agreement.asks.v[i])) {
            buf_addz(&b, b.n == 0 ? "" : " ");
            buf_add(&b, w->agreement.asks.v[i].line);
        }
    }
    return buf_str(&b);
}

static struct str box_name(struct req *r, const struct ask *ask)
{
    return str_fmt(r->arena, "share.%.*s", STR_FMT(ask->line));
}

static json_t *line_data(struct req *r, const struct answer *w, const struct ask *ask)
{
    json_t *o = json_object();
    set_text(o, "line", ask->line);
    set_text(o, "resource", ask->resource);
    set_text(o, "why", ask->purpose);
    bool optional = ask->need == ASK_OPTIONAL;
    json_object_set_new(o, "required", json_boolean(ask->need == ASK_REQUIRED));
    if (optional || (w->choosing && ask->need == ASK_WANTED)) {
        set_text(o, "box", box_name(r, ask));
        json_object_set_new(o, "ticked", json_boolean(ask->answer == ASK_GRANTED));
    }
    return o;
}

/* The lines into three lists: those "agree" covers, those that need a tick, those of before. */
static void put_lines(struct req *r, const struct answer *w, json_t *data)
{
    json_t *lines = json_array();
    json_t *optional = json_array();
    json_t *before = json_array();
    bool choice = false;
    json_object_set_new(data, "lines", lines);
    json_object_set_new(data, "optional_lines", optional);
    json_object_set_new(data, "before", before);
    for (size_t i = 0; i < w->agreement.asks.n; i++) {
        const struct ask *ask = &w->agreement.asks.v[i];
        if (is_shown(w, ask)) {
            json_array_append_new(ask->need == ASK_OPTIONAL ? optional : lines,
                                  line_data(r, w, ask));
            choice = choice || ask->need == ASK_WANTED;
        } else if (ask->answer == ASK_GRANTED) {
            json_array_append_new(before, line_data(r, w, ask));
        }
    }
    json_object_set_new(data, "optional", json_boolean(json_array_size(optional) > 0));
    json_object_set_new(data, "before_shown", json_boolean(json_array_size(before) > 0));
    json_object_set_new(data, "choosing", json_boolean(w->choosing));
    if (choice && !w->choosing) {
        set_text(data, "choose",
                 str_fmt(r->arena, "%s%.*s?" CHOOSE_QUERY, CONSENT_PATH, STR_FMT(w->p->text)));
    }
}

/* How long it lasts at most, rounded up: the verifier's proof says the same (session_prove). */
static void put_end(struct req *r, const struct answer *w, json_t *data)
{
    const struct config *c = app_of(r)->config;
    long longest = c->refresh_lifetime_s > c->session_lifetime_s ? c->refresh_lifetime_s
                                                                 : c->session_lifetime_s;
    json_object_set_new(data, "offline",
                        json_boolean(str_words_have(w->p->request.scope, STR("offline_access"))));
    json_object_set_new(data, "days", json_integer((longest + DAY_S - 1) / DAY_S));
    json_object_set_new(data, "hours", json_integer((c->session_lifetime_s + HOUR_S - 1) / HOUR_S));
}

static enum err show(struct req *r, const struct answer *w)
{
    const struct pending *p = w->p;
    const struct client *c = &p->party.client;
    bool vi = p->language == LANGUAGE_VI;
    struct str csrf;
    TRY(sso_csrf(r, form_purpose(r, p, w->sso), &csrf));
    json_t *data = json_own(r->arena, json_object());
    put_lines(r, w, data);
    put_end(r, w, data);
    set_text(data, "action", str_fmt(r->arena, "%s%.*s", CONSENT_PATH, STR_FMT(p->text)));
    set_text(data, "csrf", csrf);
    set_text(data, "shown", lines_shown(r, w));
    set_text(data, "service", party_name(&p->party, vi));
    set_text(data, "agency", client_agency(c, vi));
    set_text(data, "logo", c->logo);
    set_text(data, "purpose", client_purpose(c, vi));
    set_text(data, "ground", c->consent_exempt ? c->legal_ground : STR_NONE);
    set_text(data, "number_end", sso_account(r));
    set_text(data, "policy_uri", c->policy_uri);
    set_text(data, "tos_uri", c->tos_uri);
    reply_form_action(r, url_origin(r->arena, p->request.redirect_uri));
    return page_reply(r, 200, p->language, "consent", json_incref(data));
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

static void decide(struct req *r, struct answer *w, const struct params *form)
{
    for (size_t i = 0; i < w->agreement.asks.n; i++) {
        struct ask *ask = &w->agreement.asks.v[i];
        bool by_box = ask->need == ASK_OPTIONAL || (w->choosing && ask->need == ASK_WANTED);
        bool ticked = str_is(param_get(form, str_z(r->arena, box_name(r, ask))));
        if (is_shown(w, ask)) {
            ask->answer = !by_box || ticked ? ASK_GRANTED : ASK_DECLINED;
        }
    }
}

static enum err allow(struct req *r, struct answer *w, const struct params *form)
{
    const struct pending *p = w->p;
    decide(r, w, form);
    enum err e = code_issue(r, &p->party, &p->request, w->sso, &p->login, &w->agreement, true);
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
    struct answer w = {.p = p, .sso = sso};
    TRY(agreement_find(r, &p->party, &p->request, sso, &w.agreement));
    enum err e = req_form(r, &form);
    if (e == OK && str_is(params_repeated(&form))) {
        e = fail(ERR_INPUT, "form: a field stands twice");
    }
    if (e == OK) {
        e = sso_csrf_check(r, form_purpose(r, p, sso), param_get(&form, "csrf"));
    }
    if (e == ERR_INPUT || e == ERR_DENIED) {
        log_failure(LOG_INFO, AUTHORIZE_REFUSED, e, LOG_STR("client", p->party.client.id));
        return page_error_back(r, e == ERR_DENIED ? 403 : 400, p->language, "form",
                               party_name(&p->party, p->language == LANGUAGE_VI),
                               p->party.client.uri);
    }
    TRY(e);
    struct str decision = param_get(&form, "decision");
    if (str_eq(decision, STR("deny"))) {
        return deny(r, p, sso);
    }
    w.choosing = str_eq(decision, STR("chosen"));
    /* What is asked has changed since it was shown: it is shown again. */
    if (!str_eq(param_get(&form, "shown"), lines_shown(r, &w)) ||
        !(w.choosing || str_eq(decision, STR("allow")))) {
        return show(r, &w);
    }
    return allow(r, &w, &form);
}

static enum err ask_person(struct req *r, const struct pending *p, const struct sso *sso)
{
    struct answer w = {.p = p, .sso = sso, .choosing = str_eqz(r->query, CHOOSE_QUERY)};
    TRY(agreement_find(r, &p->party, &p->request, sso, &w.agreement));
    return show(r, &w);
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
    return r->method == HTTP_POST ? answer(r, p, &sso) : ask_person(r, p, &sso);
}

enum err oidc_consent(struct req *r)
{
    struct pending p;
    enum err e = pending_find(r, &p);
    if (e == OK && (p.login.state == LOGIN_DONE || p.login.state == LOGIN_REFUSED)) {
        e = fail(ERR_CONFLICT, "consent: this login is over");
    }
    if (e != OK) {
        return pending_page(r, e);
    }
    struct str resume = str_fmt(r->arena, "%s%.*s", RESUME_PATH, STR_FMT(p.text));
    if (p.login.state != LOGIN_CONSENT) {
        reply_redirect(r, resume); /* not yet: there is something before it */
        return OK;
    }
    e = show_or_answer(r, &p, resume);
    return e == ERR_DENIED ? session_refused(r, resume) : e;
}
