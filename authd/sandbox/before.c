/* Faults that come true before production's handler sees the request.  Where it can be, the fault
 * is real: the code's row expires, the consent is withdrawn, and the handler finds it so. */
#include <string.h>

#include "base/buf.h"
#include "sandbox/room.h"
#include "store/grant.h"
#include "store/sandbox.h"

#define SLOW_MAX_S 8
#define RETRY_AFTER_S "5"
#define LOGIN "/login/"
#define SELECT "/select/"
#define CONSENT "/consent/"
#define RESUME "/authorize/resume/"

static enum err handle_of(struct req *r, const char *parameter, struct handle *out)
{
    struct params form;
    const struct app_keys *keys;
    TRY(req_form(r, &form));
    TRY(app_keys(r->task, app_of(r), &keys));
    return handle_read(keys->handle_key, param_get(&form, parameter), out);
}

static enum err spoil_code(struct req *r, const char *how)
{
    struct handle h;
    TRY(handle_of(r, "code", &h));
    return store_sandbox_code_spoil(r->task, app_of(r)->db, h.bucket, &h.hash, str_from(how));
}

static enum err withdraw_consent(struct req *r)
{
    struct handle h;
    struct str client;
    struct uuid subject;
    TRY(handle_of(r, "refresh_token", &h));
    TRY(store_sandbox_handle_owner(r->task, app_of(r)->db, h.bucket, &h.hash, &client, &subject));
    struct audit entry = sso_audit(r, AUDIT_CONSENT_WITHDRAWN);
    entry.bucket = bucket_of(&subject);
    entry.subject = subject;
    entry.actor = subject;
    entry.client_id = client;
    entry.ground = STR("sandbox");
    return store_consent_withdraw(r->task, app_of(r)->db, &subject, client, &entry);
}

static enum err outage(struct req *r)
{
    json_t *body = json_own(r->arena, json_pack("{s:s, s:s}", "error", "temporarily_unavailable",
                                                "error_description",
                                                "The service is away for a moment; wait as long as "
                                                "Retry-After says, then try again"));
    reply_json(r, 503, body);
    reply_header(r, "Retry-After", STR(RETRY_AFTER_S));
    return OK;
}

/* A fault that does not fit the request (a refresh where a code was to expire) leaves it alone. */
static enum err forgiven(enum err e)
{
    bool fits = e != ERR_INPUT && e != ERR_NOT_FOUND && e != ERR_CONFLICT;
    if (!fits) {
        err_clear();
    }
    return fits ? e : OK;
}

enum err before_handler(struct req *r, const struct due *due, bool *answered)
{
    struct str name = due->fault == NULL ? STR("") : str_from(due->fault->name);
    *answered = false;
    if (str_eqz(name, "outage")) {
        *answered = true;
        return outage(r);
    }
    if (str_eqz(name, "slow")) {
        int64_t seconds = due->amount > SLOW_MAX_S ? SLOW_MAX_S : due->amount;
        return task_sleep(r->task, seconds * 1000);
    }
    if (str_eqz(name, "expired_code") || str_eqz(name, "used_code")) {
        return forgiven(spoil_code(r, due->fault->name));
    }
    if (str_eqz(name, "consent_withdrawn")) {
        return forgiven(withdraw_consent(r));
    }
    return OK;
}

/* The login that a redirect of ours names. */
static enum err login_of(struct req *r, struct str to, struct handle *h, struct login_row *out)
{
    static const char *const places[] = {LOGIN, SELECT, CONSENT, RESUME};
    const struct app_keys *keys;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct str place = str_from(places[i]);
        if (str_starts(to, place)) {
            TRY(app_keys(r->task, app_of(r), &keys));
            TRY(handle_read(keys->handle_key, str_of(to.p + place.n, to.n - place.n), h));
            return store_login_find(r->task, app_of(r)->db, h, out);
        }
    }
    return fail(ERR_NOT_FOUND, "sandbox: no login");
}

static void put(struct req *r, struct buf *b, const char *name, struct str value)
{
    (void)r;
    if (str_is(value)) {
        buf_byte(b, b->n > 0 && memchr(b->p, '?', b->n) != NULL ? '&' : '?');
        buf_addz(b, name);
        buf_byte(b, '=');
        buf_percent(b, value);
    }
}

static enum err send_back(struct req *r, struct str parameters, const char *error, const char *text)
{
    json_t *given;
    TRY(json_read_in(r->arena, parameters, &given));
    struct buf b = buf_in(r->arena);
    buf_add(&b, json_member(given, "redirect_uri"));
    put(r, &b, "error", str_from(error));
    put(r, &b, "error_description", str_from(text));
    put(r, &b, "state", json_member(given, "state"));
    put(r, &b, "iss", str_from(app_of(r)->config->issuer));
    location_of(r)->value = buf_str(&b);
    return OK;
}

enum err before_login(struct req *r, const struct due *due)
{
    struct handle h;
    struct login_row login;
    struct header *to = location_of(r);
    if (to == NULL || r->reply.status != 303) {
        return OK; /* refused already */
    }
    enum err e = login_of(r, to->value, &h, &login);
    if (e == ERR_NOT_FOUND || e == ERR_INPUT) {
        err_clear();
        return OK; /* nobody is asked: the answer stands */
    }
    TRY(e);
    struct audit entry = sso_audit(r, AUDIT_LOGIN_REFUSED);
    entry.refused = true;
    entry.client_id = login.client_id;
    entry.detail = STR("{\"reason\":\"sandbox\"}");
    TRY(store_login_move(r->task, app_of(r)->db, &login, LOGIN_REFUSED, &entry));
    if (str_eqz(str_from(due->fault->name), "refusal")) {
        return send_back(r, login.request.parameters, "access_denied", "The person declined");
    }
    return send_back(r, login.request.parameters, "temporarily_unavailable",
                     "The service is away for a moment; try again in a few seconds");
}
