/* GET and POST /login/<handle>: number and password.  What was typed goes to a verifier; what comes
 * back is a proof or a refusal that tells nothing about the account, and the page tells no more. */
#include <string.h>

#include "authn/authn.h"
#include "authn/flow.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/ct.h"
#include "log/log.h"
#include "page/shown.h"
#include "peer/verifier_client.h"

/* Who came this far may wait: http/admission.h has judged at the door. */
#define LOGINS_WAITING_MAX 0
#define BUSY_RETRY_S 5

enum notice { NOTICE_NONE, NOTICE_WRONG, NOTICE_LATER, NOTICE_BUSY, NOTICE_BARRED };

static enum err show(struct req *r, const struct flow *f, enum notice notice, struct str typed,
                     uint32_t wait_s)
{
    static const struct {
        const char *member;
        int status;
    } all[] = {[NOTICE_NONE] = {NULL, 200},
               [NOTICE_WRONG] = {"wrong", 200},
               [NOTICE_LATER] = {"later", 429},
               [NOTICE_BUSY] = {"busy", 503},
               [NOTICE_BARRED] = {"barred", 200}};
    json_t *data;
    TRY(flow_data(r, f, &data));
    json_object_set_new(data, "action",
                        json_str(str_fmt(r->arena, "/login/%.*s", STR_FMT(f->text))));
    json_object_set_new(data, "address", json_string(app_of(r)->config->issuer));
    struct str number = shown_number(typed);
    if (str_is(number)) {
        json_object_set_new(data, "number", json_str(number));
    }
    struct sso known;
    if (notice == NOTICE_NONE && sso_find(r, &known) == OK) {
        json_object_set_new(data, "again", json_true());
    }
    if (all[notice].member != NULL) {
        json_object_set_new(data, all[notice].member, json_true());
        json_object_set_new(data, "problem", json_true());
        json_object_set_new(data, "wait_s", json_integer((json_int_t)wait_s));
    }
    if (notice == NOTICE_LATER || notice == NOTICE_BUSY) {
        reply_header(r, "Retry-After", str_fmt(r->arena, "%u", wait_s));
    }
    return page_reply(r, all[notice].status, f->language, "login", data);
}

static struct str number_end(struct arena *a, struct str typed)
{
    char *end = arena_alloc(a, SSO_NUMBER_END);
    size_t n = SSO_NUMBER_END;
    for (size_t i = typed.n; i-- > 0 && n > 0;) {
        if (typed.p[i] >= '0' && typed.p[i] <= '9') {
            end[--n] = typed.p[i];
        }
    }
    return n == 0 ? str_of(end, SSO_NUMBER_END) : STR_NONE;
}

static enum err accepted(struct req *r, const struct flow *f, const struct sso *old,
                         const struct verifier_password *in, const struct verifier_answer *answer,
                         const uint8_t secret[HANDLE_SECRET])
{
    struct sso_beginning beginning = {
        .proved = answer,
        .secret = secret,
        .expires_at = in->session_expires_at,
        .old = old,
        .login = &f->login,
        .client_id = f->client.id,
        .ground = f->client.purpose,
    };
    TRY(sso_begin(r, &beginning));
    sso_account_remember(r, number_end(r->arena, in->login_name));
    return flow_go(r, f, PLACE_RESUME);
}

static enum err attempt(struct req *r, const struct flow *f, const struct params *form)
{
    struct app *app = app_of(r);
    struct sso found;
    const struct sso *old = NULL;
    struct handle secret; /* its bucket is the person's, who is not known yet */
    handle_make(NULL, 0, &secret);
    struct verifier_password in = {
        .login_name = param_get(form, "username"),
        .password = param_get(form, "password"),
        .address = r->address,
        .address_sealed = sso_address_sealed(r),
        .bearer = secret.hash,
        .client_id = f->client.id,
        .session_expires_at = clock_now_s() + app->config->session_lifetime_s,
        .others = (uint32_t)r->others,
        .asked_us = clock_mono_us(),
    };
    uuid_random(&in.session);
    memcpy(in.request_id, r->task->request_uuid, sizeof(in.request_id));
    if (!str_is(in.login_name) || !str_is(in.password)) {
        return show(r, f, NOTICE_WRONG, in.login_name, 0);
    }
    enum err e = sso_find(r, &found);
    if (e == OK) {
        old = &found;
        in.old_session = found.row.id;
        in.old_subject = found.row.subject;
    } else if (e != ERR_NOT_FOUND) {
        return e;
    }
    struct verifier_answer answer;
    e = ask_password(r->task, app->verifiers, &in, LOGINS_WAITING_MAX, &answer);
    if (e == ERR_LIMIT || e == ERR_UNAVAILABLE) {
        log_failure(LOG_WARN, LOGIN_NOT_ACCEPTED, e, LOG_STR("client", f->client.id));
        return show(r, f, NOTICE_BUSY, in.login_name, BUSY_RETRY_S);
    }
    TRY(e);
    switch ((enum login_outcome)answer.outcome) {
    case LOGIN_ACCEPTED:
        return accepted(r, f, old, &in, &answer, secret.secret);
    case LOGIN_LATER:
        return show(r, f, NOTICE_LATER, in.login_name, answer.retry_after_s);
    case LOGIN_BARRED:
        return show(r, f, NOTICE_BARRED, in.login_name, 0);
    case LOGIN_WRONG:
        break;
    }
    return show(r, f, NOTICE_WRONG, in.login_name, 0);
}

enum err authn_login(struct req *r)
{
    struct flow f;
    struct params form;
    enum err e = flow_find(r, &f);
    if (e != OK) {
        return flow_refused(r, e);
    }
    if (flow_place(f.login.state) != PLACE_LOGIN) {
        return flow_go(r, &f, flow_place(f.login.state));
    }
    if (r->method != HTTP_POST) {
        return show(r, &f, NOTICE_NONE, f.login_hint, 0);
    }
    e = flow_form(r, &f, &form);
    if (e == ERR_DENIED) {
        log_failure(LOG_INFO, LOGIN_NOT_ACCEPTED, e, LOG_STR("client", f.client.id));
        return page_error_back(r, 403, f.language, "form", f.service, f.client.uri);
    }
    if (e == OK) {
        e = attempt(r, &f, &form);
    }
    return e == OK ? OK : flow_refused(r, e);
}
