/* Session, tokens and refusals of the person's own pages.  Must not know what an act does. */
#include "account/room.h"

#include "log/log.h"
#include "peer/signer_client.h"
#include "store/grant.h"

#define BUSY_S 5

enum err room_enter(struct req *r, struct sso *out, bool *here)
{
    enum err e = sso_find(r, out);
    *here = e == OK;
    if (e == ERR_NOT_FOUND) {
        reply_redirect(r, STR("/account/login"));
        return OK;
    }
    return e;
}

enum err room_leave(struct req *r)
{
    sso_clear_cookie(r);
    reply_redirect(r, STR("/account/login"));
    return OK;
}

static struct str purpose(struct req *r, const char *act, const struct sso *session)
{
    if (session == NULL) {
        return str_fmt(r->arena, "account %s", act);
    }
    return str_fmt(r->arena, "account %s %.*s", act,
                   STR_FMT(uuid_text(r->arena, &session->row.id)));
}

enum err room_token(struct req *r, const char *act, const struct sso *session, struct str *out)
{
    struct sha256 browser;
    TRY(sso_browser(r, true, &browser));
    return sso_csrf(r, purpose(r, act, session), out);
}

enum err room_form(struct req *r, const char *act, const struct sso *session, struct params *out)
{
    TRY(req_form(r, out));
    struct str twice = params_repeated(out);
    if (str_is(twice)) {
        return fail(ERR_INPUT, "form: a field stands twice");
    }
    return sso_csrf_check(r, purpose(r, act, session), param_get(out, "csrf"));
}

enum err room_refused(struct req *r, enum err why)
{
    enum language l = page_language(r, STR_NONE);
    switch (why) {
    case ERR_DENIED:
        log_failure(LOG_INFO, FORM_REFUSED, why);
        return page_error(r, 403, l, "account_form", STR_NONE);
    case ERR_INPUT:
        log_failure(LOG_INFO, FORM_REFUSED, why);
        return page_error(r, 400, l, "account_form", STR_NONE);
    default:
        return why;
    }
}

enum err room_do(struct req *r, const char *act, room_act *does)
{
    struct sso me;
    struct params form;
    bool here;
    TRY(room_enter(r, &me, &here));
    if (!here) {
        return OK;
    }
    enum err e = room_form(r, act, &me, &form);
    if (e == OK) {
        e = does(r, &me, &form);
    }
    return e == OK ? OK : room_refused(r, e);
}

enum err room_page(struct req *r, const char *act, room_show *show, room_act *does)
{
    struct sso me;
    struct params form;
    bool here;
    TRY(room_enter(r, &me, &here));
    if (!here) {
        return OK;
    }
    if (r->method != HTTP_POST) {
        return show(r, &me, 200, json_own(r->arena, json_object()));
    }
    enum err e = room_form(r, act, &me, &form);
    return e == OK ? does(r, &me, &form) : room_refused(r, e);
}

enum err room_undecided(struct req *r, const char *act, const struct sso *me, room_show *show,
                        enum err why)
{
    int status;
    json_t *data = json_own(r->arena, json_object());
    if (room_busy(r, why, data, &status)) {
        return show(r, me, status, data);
    }
    if (why == ERR_DENIED) {
        log_failure(LOG_INFO, LOGIN_NOT_ACCEPTED, why, LOG_Z("page", act));
        return room_leave(r);
    }
    return why;
}

void room_done(struct req *r, const char *what)
{
    reply_redirect(r, str_fmt(r->arena, "/account?done=%s", what));
}

enum err room_password_words(struct req *r, const struct uuid *subject, struct str *out)
{
    struct app *app = app_of(r);
    struct sealed_document *documents;
    struct signer_password_worded answer;
    size_t n;
    TRY(store_documents(r->task, app->db, subject, &documents, &n));
    if (n == 0) {
        return fail(ERR_INTERNAL, "account: the person has no document");
    }
    struct signer_password_words ask = {.document = documents[0]};
    TRY(ask_password_words(r->task, app->signers, &ask, &answer));
    *out = answer.sealed;
    return OK;
}

const char *room_fault_name(uint8_t fault)
{
    static const char *const names[] = {
        [PASSWORD_FINE] = "common",   [PASSWORD_SHORT] = "short",
        [PASSWORD_LONG] = "long",     [PASSWORD_CHARACTERS] = "characters",
        [PASSWORD_LISTED] = "common", [PASSWORD_COMMON] = "common",
        [PASSWORD_OWN] = "own",       [PASSWORD_SAME] = "same",
    };
    return fault < sizeof(names) / sizeof(names[0]) ? names[fault] : "common";
}

void room_fault(json_t *data, const char *fault, uint32_t length_min)
{
    json_object_set_new(data, "fault", json_string(fault));
    json_object_set_new(data, "length_min", json_integer((json_int_t)length_min));
}

static void put_wait(struct req *r, json_t *data, const char *member, uint32_t wait_s)
{
    json_object_set_new(data, member, json_true());
    json_object_set_new(data, "problem", json_true());
    json_object_set_new(data, "wait_s", json_integer((json_int_t)wait_s));
    reply_header(r, "Retry-After", str_fmt(r->arena, "%u", wait_s));
}

int room_later(struct req *r, json_t *data, uint32_t wait_s)
{
    put_wait(r, data, "later", wait_s);
    return 429;
}

bool room_busy(struct req *r, enum err e, json_t *data, int *status)
{
    if (e != ERR_LIMIT && e != ERR_UNAVAILABLE) {
        return false;
    }
    log_failure(LOG_WARN, LOGIN_NOT_ACCEPTED, e);
    put_wait(r, data, "busy", BUSY_S);
    *status = 503;
    return true;
}
