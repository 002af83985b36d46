/* A first password: /account/first asks for number and one-time code, /account/first/password for
 * the password.  In between nothing is kept here: the verifier's proof of the right code travels in
 * the form, goes with this browser only, and can do nothing but set this person's password.  The
 * code is used up when the password is set, so that a refused password or a lost page costs
 * nothing. */
#include <string.h>

#include "account/account.h"
#include "account/room.h"
#include "base/b64.h"
#include "base/clock.h"
#include "base/ct.h"
#include "log/log.h"
#include "page/shown.h"

/* The browser's secret as the proof's bearer. */
static enum err bearer(struct req *r, struct str *out)
{
    struct sha256 browser;
    TRY(sso_browser(r, true, &browser));
    return sso_csrf(r, STR("account enrolment"), out);
}

static enum err show_code(struct req *r, int status, struct str number, json_t *data)
{
    struct str csrf;
    TRY(room_token(r, "first", NULL, &csrf));
    json_object_set_new(data, "csrf", json_str(csrf));
    json_object_set_new(data, "address", json_string(app_of(r)->config->issuer));
    if (str_is(shown_number(number))) {
        json_object_set_new(data, "number", json_str(number));
    }
    return page_reply(r, status, page_language(r, STR_NONE), "first", json_incref(data));
}

static enum err show_password(struct req *r, int status, struct str enrolment, struct str words,
                              json_t *data)
{
    struct str csrf;
    TRY(room_token(r, "first password", NULL, &csrf));
    json_object_set_new(data, "csrf", json_str(csrf));
    json_object_set_new(data, "enrolment", json_str(enrolment));
    json_object_set_new(data, "words", json_str(words));
    json_object_set_new(data, "least", json_integer(app_of(r)->config->password_length_min));
    return page_reply(r, status, page_language(r, STR_NONE), "first_password", json_incref(data));
}

static enum err check_code(struct req *r, const struct params *form)
{
    struct app *app = app_of(r);
    struct verifier_answer answer;
    struct str secret, words, number = param_get(form, "username");
    TRY(bearer(r, &secret));
    struct verifier_code in = {
        .login_name = number,
        .code = param_get(form, "code"),
        .address = r->address,
        .address_sealed = sso_address_sealed(r),
        .bearer = sha256(secret),
    };
    memcpy(in.request_id, r->task->request_uuid, sizeof(in.request_id));
    json_t *data = json_own(r->arena, json_object());
    enum err e = ask_code(r->task, app->verifiers, &in, ACCOUNT_WAITING_MAX, &answer);
    int status;
    if (room_busy(r, e, data, &status)) {
        return show_code(r, status, number, data);
    }
    TRY(e);
    switch ((enum login_outcome)answer.outcome) {
    case LOGIN_ACCEPTED:
        TRY(room_password_words(r, &answer.subject, &words));
        return show_password(r, 200, b64_str(r->arena, answer.proof), b64_str(r->arena, words),
                             data);
    case LOGIN_LATER:
        status = room_later(r, data, answer.retry_after_s);
        return show_code(r, status, number, data);
    case LOGIN_WRONG:
    case LOGIN_BARRED: /* said of passwords only */
        break;
    }
    json_object_set_new(data, "wrong", json_true());
    json_object_set_new(data, "problem", json_true());
    return show_code(r, 200, number, data);
}

enum err account_first(struct req *r)
{
    struct params form;
    if (r->method != HTTP_POST) {
        return show_code(r, 200, STR_NONE, json_own(r->arena, json_object()));
    }
    enum err e = room_form(r, "first", NULL, &form);
    return e == OK ? check_code(r, &form) : room_refused(r, e);
}

static enum err logged_in(struct req *r, const struct verifier_changed *answer,
                          const struct handle *secret, int64_t expires_at)
{
    struct sso found;
    enum err e = sso_find(r, &found);
    if (e != OK && e != ERR_NOT_FOUND) {
        return e;
    }
    struct verifier_answer proved = {
        .proof = answer->proof,
        .subject = answer->subject,
        .session = answer->session,
        .account_level = answer->account_level,
        .authentication_level = answer->authentication_level,
        .amr = answer->amr,
        .auth_time = answer->auth_time,
        .generation = answer->generation,
    };
    struct sso_beginning beginning = {
        .proved = &proved,
        .secret = secret->secret,
        .expires_at = expires_at,
        .old = e == OK ? &found : NULL,
    };
    TRY(sso_begin(r, &beginning));
    room_done(r, "first");
    return OK;
}

static enum err set_password(struct req *r, const struct params *form)
{
    struct app *app = app_of(r);
    struct verifier_changed answer;
    struct handle secret; /* of the session; its bucket is the person's */
    struct str enrolment = param_get(form, "enrolment"), words = param_get(form, "words");
    struct verifier_first_password in = {
        .password = param_get(form, "password"),
        .address_sealed = sso_address_sealed(r),
        .session_expires_at = clock_now_s() + app->config->session_lifetime_s,
    };
    TRY(b64_decode(r->arena, enrolment, &in.enrolment));
    TRY(b64_decode(r->arena, words, &in.words));
    if (!ct_str_equal(in.password, param_get(form, "again"))) {
        json_t *data = json_own(r->arena, json_object());
        room_fault(data, "different", (uint32_t)app->config->password_length_min);
        return show_password(r, 200, enrolment, words, data);
    }
    TRY(bearer(r, &in.secret));
    handle_make(NULL, 0, &secret);
    in.bearer = secret.hash;
    uuid_random(&in.session);
    memcpy(in.request_id, r->task->request_uuid, sizeof(in.request_id));
    enum err e = ask_first_password(r->task, app->verifiers, &in, ACCOUNT_WAITING_MAX, &answer);
    int status;
    json_t *data = json_own(r->arena, json_object());
    if (room_busy(r, e, data, &status)) {
        return show_password(r, status, enrolment, words, data);
    }
    TRY(e);
    if (answer.outcome == CHANGE_DONE) {
        log_event(LOG_INFO, PASSWORD_SET, LOG_Z("by", "one_time_code"));
        return logged_in(r, &answer, &secret, in.session_expires_at);
    }
    if (answer.outcome == CHANGE_REFUSED) {
        room_fault(data, room_fault_name(answer.fault), answer.length_min);
        return show_password(r, 200, enrolment, words, data);
    }
    return page_error(r, 400, page_language(r, STR_NONE), "code_over", STR_NONE);
}

enum err account_first_password(struct req *r)
{
    struct params form;
    if (r->method != HTTP_POST) {
        reply_redirect(r, STR("/account/first"));
        return OK;
    }
    enum err e = room_form(r, "first password", NULL, &form);
    if (e == OK) {
        e = set_password(r, &form);
    }
    return e == OK ? OK : room_refused(r, e);
}
