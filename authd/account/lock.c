/* GET and POST /account/lock: the person locks the own account.  A verifier asks for the present
 * password; with its commit every session and grant is over, this one too.  Unlocking is not done
 * here: whoever holds the phone of somebody else could do that as well. */
#include <string.h>

#include "account/account.h"
#include "account/room.h"
#include "log/log.h"

static enum err show(struct req *r, const struct sso *me, int status, json_t *data)
{
    struct str csrf;
    TRY(room_token(r, "lock", me, &csrf));
    json_object_set_new(data, "csrf", json_str(csrf));
    return page_reply(r, status, page_language(r, STR_NONE), "lock", data);
}

static enum err told(struct req *r, const struct sso *me, const struct verifier_changed *answer)
{
    json_t *data = json_own(r->arena, json_object());
    int status = 200;
    switch ((enum change_outcome)answer->outcome) {
    case CHANGE_DONE:
        log_event(LOG_INFO, LOGOUT, LOG_Z("reason", "locked by the person"));
        sso_clear_cookie(r);
        json_object_set_new(data, "locked", json_true());
        return page_reply(r, 200, page_language(r, STR_NONE), "lock", json_incref(data));
    case CHANGE_LATER:
        status = room_wait(r, data, "later", answer->retry_after_s);
        break;
    case CHANGE_WRONG:
        json_object_set_new(data, "wrong", json_true());
        break;
    default:
        return room_leave(r);
    }
    return show(r, me, status, json_incref(data));
}

static enum err lock(struct req *r, const struct sso *me, const struct params *form)
{
    struct verifier_changed answer;
    struct verifier_lock in = {
        .session_proof = me->row.proof,
        .secret = me->secret,
        .current = param_get(form, "current"),
        .address = r->address,
        .address_sealed = sso_address_sealed(r),
    };
    memcpy(in.request_id, r->task->request_uuid, sizeof(in.request_id));
    enum err e = ask_lock(r->task, app_of(r)->verifiers, &in, ACCOUNT_WAITING_MAX, &answer);
    if (e == ERR_LIMIT || e == ERR_UNAVAILABLE) {
        json_t *data = json_object();
        int status = room_wait(r, data, "busy", ACCOUNT_BUSY_S);
        log_failure(LOG_WARN, LOGIN_NOT_ACCEPTED, e);
        return show(r, me, status, data);
    }
    if (e == ERR_DENIED) {
        log_failure(LOG_INFO, LOGIN_NOT_ACCEPTED, e, LOG_Z("page", "lock"));
        return room_leave(r);
    }
    TRY(e);
    return told(r, me, &answer);
}

enum err account_lock(struct req *r)
{
    struct sso me;
    struct params form;
    bool here;
    TRY(room_enter(r, &me, &here));
    if (!here) {
        return OK;
    }
    if (r->method != HTTP_POST) {
        return show(r, &me, 200, json_object());
    }
    enum err e = room_form(r, "lock", &me, &form);
    return e == OK ? lock(r, &me, &form) : room_refused(r, e);
}
