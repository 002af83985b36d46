/* Reading a login in progress that the pages show.  Must not know what the request asks for beyond
 * who asks and in which language. */
#include "authn/flow.h"

#include "log/log.h"
#include "sso/login.h"
#include "sso/login_hint.h"
#include "store/client.h"

static enum err find_client(struct req *r, struct str id, struct client *out)
{
    struct client_row row;
    json_t *metadata;
    TRY(store_client_find(r->task, app_of(r)->db, id, &row));
    if (!row.active) {
        return fail(ERR_NOT_FOUND, "client: disabled");
    }
    if (json_read_in(r->arena, row.metadata, &metadata) != OK) {
        return fail(ERR_INTERNAL, "client: the stored metadata can not be read");
    }
    return client_parse(r->arena, row.id, metadata, out);
}

enum err flow_find(struct req *r, struct flow *out)
{
    struct flow f = {.text = r->tail};
    json_t *parameters;
    TRY(sso_login_find(r, &f.handle, &f.login));
    if (json_read_in(r->arena, f.login.request.parameters, &parameters) != OK) {
        return fail(ERR_INTERNAL, "login: the stored request can not be read");
    }
    if (sso_login_is_own(&f.login)) {
        f.language = page_language(r, STR_NONE);
        f.service = page_text(f.language, "account.service");
        *out = f;
        return OK;
    }
    TRY(find_client(r, f.login.client_id, &f.client));
    f.redirect_uri = json_member(parameters, "redirect_uri");
    f.ui_locales = json_member(parameters, "ui_locales");
    f.login_hint = login_hint_open(r->arena, &f.handle, json_member(parameters, "login_hint"));
    f.language = page_language(r, f.ui_locales);
    f.service = client_display_name(&f.client, f.language == LANGUAGE_VI);
    *out = f;
    return OK;
}

enum err flow_refused(struct req *r, enum err why)
{
    int status = 400;
    const char *key = why == ERR_INPUT ? "request" : sso_login_refusal(why, &status);
    if (key == NULL) {
        return why;
    }
    log_failure(LOG_INFO, LOGIN_NOT_ACCEPTED, why, LOG_Z("page", key));
    return page_error(r, status, page_language(r, STR_NONE), key, STR_NONE);
}

enum flow_place flow_place(enum login_state state)
{
    switch (state) {
    case LOGIN_LOGIN:
        return PLACE_LOGIN;
    case LOGIN_SELECT:
        return PLACE_SELECT;
    case LOGIN_CONSENT:
    case LOGIN_DONE:
    case LOGIN_REFUSED:
        break;
    }
    return PLACE_RESUME;
}

enum err flow_go(struct req *r, const struct flow *f, enum flow_place place)
{
    static const char *const paths[] = {[PLACE_LOGIN] = "/login/",
                                        [PLACE_SELECT] = "/select/",
                                        [PLACE_RESUME] = "/authorize/resume/"};
    bool own = place == PLACE_RESUME && sso_login_is_own(&f->login);
    const char *path = own ? SSO_OWN_RESUME : paths[place];
    reply_redirect(r, str_fmt(r->arena, "%s%.*s", path, STR_FMT(f->text)));
    return OK;
}

/* One token for all forms of one login: they may do nothing but what its row allows. */
static struct str purpose(struct req *r, const struct flow *f)
{
    return str_fmt(r->arena, "login %.*s", STR_FMT(f->text));
}

static void set(json_t *o, const char *name, struct str value)
{
    if (str_is(value)) {
        json_object_set_new(o, name, json_str(value));
    }
}

enum err flow_data(struct req *r, const struct flow *f, json_t **out)
{
    struct str csrf;
    TRY(sso_csrf(r, purpose(r, f), &csrf));
    json_t *data = json_object();
    bool vi = f->language == LANGUAGE_VI;
    set(data, "csrf", csrf);
    if (sso_login_is_own(&f->login)) {
        json_object_set_new(data, "own", json_true());
    }
    set(data, "service", f->service);
    set(data, "agency", client_agency(&f->client, vi));
    set(data, "logo", f->client.logo);
    set(data, "ground", f->client.consent_exempt ? f->client.legal_ground : STR_NONE);
    set(data, "purpose", client_purpose(&f->client, vi));
    set(data, "cancel", str_fmt(r->arena, "/cancel/%.*s", STR_FMT(f->text)));
    /* The browser follows the redirects of a form's answer only to where the page's policy allows.
     */
    if (str_is(f->redirect_uri)) {
        reply_form_action(r, url_origin(r->arena, f->redirect_uri));
    }
    *out = data;
    return OK;
}

enum err flow_form(struct req *r, const struct flow *f, struct params *out)
{
    TRY(req_form(r, out));
    struct str twice = params_repeated(out);
    if (str_is(twice)) {
        return fail(ERR_INPUT, "form: a field stands twice");
    }
    return sso_csrf_check(r, purpose(r, f), param_get(out, "csrf"));
}
