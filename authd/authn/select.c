/* GET and POST /select/<handle>: go on with the account that is logged in here, use another, or go
 * back.  Opens nothing about the person: the page shows the end of the number, which this browser
 * keeps, and when the session began. */
#include "authn/authn.h"
#include "authn/flow.h"
#include "log/log.h"
#include "page/shown.h"

static enum err show(struct req *r, const struct flow *f, const struct sso *sso)
{
    json_t *data;
    TRY(flow_data(r, f, &data));
    json_object_set_new(data, "action",
                        json_str(str_fmt(r->arena, "/select/%.*s", STR_FMT(f->text))));
    json_object_set_new(data, "since", json_str(shown_moment(r->arena, sso->row.auth_time)));
    struct str end = sso_account(r);
    if (str_is(end)) {
        json_object_set_new(data, "number_end", json_str(end));
    }
    return page_reply(r, 200, f->language, "select", data);
}

static enum err use_another(struct req *r, const struct flow *f)
{
    TRY(store_login_move(r->task, app_of(r)->db, &f->login, LOGIN_LOGIN, NULL));
    return flow_go(r, f, PLACE_LOGIN);
}

static enum err choose(struct req *r, const struct flow *f, const struct sso *sso)
{
    struct params form;
    enum err e = flow_form(r, f, &form);
    if (e == ERR_DENIED) {
        log_failure(LOG_INFO, LOGIN_NOT_ACCEPTED, e, LOG_STR("client", f->client.id));
        return page_error_back(r, 403, f->language, "form", f->service, f->client.uri);
    }
    TRY(e);
    struct str choice = param_get(&form, "choice");
    if (str_eqz(choice, "continue")) {
        TRY(store_login_attach(r->task, app_of(r)->db, &f->login, sso->row.bucket, &sso->row.id,
                               false));
        return flow_go(r, f, PLACE_RESUME);
    }
    if (str_eqz(choice, "other")) {
        return use_another(r, f);
    }
    if (str_eqz(choice, "cancel")) {
        return authn_cancel_flow(r, f);
    }
    return show(r, f, sso);
}

enum err authn_select(struct req *r)
{
    struct flow f;
    struct sso sso;
    enum err e = flow_find(r, &f);
    if (e != OK) {
        return flow_refused(r, e);
    }
    if (flow_place(f.login.state) != PLACE_SELECT) {
        return flow_go(r, &f, flow_place(f.login.state));
    }
    e = sso_find(r, &sso);
    if (e == ERR_NOT_FOUND) {
        e = use_another(r, &f); /* nobody is logged in any more */
    } else if (e == OK) {
        e = r->method == HTTP_POST ? choose(r, &f, &sso) : show(r, &f, &sso);
    }
    return e == OK ? OK : flow_refused(r, e);
}
