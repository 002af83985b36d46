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
    return page_reply(r, status, page_language(r, STR_NONE), "lock", json_incref(data));
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
        status = room_later(r, data, answer->retry_after_s);
        break;
    case CHANGE_WRONG:
        json_object_set_new(data, "wrong", json_true());
        break;
    default:
        return room_leave(r);
    }
    return show(r, me, status, data);
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
    return e == OK ? told(r, me, &answer) : room_undecided(r, "lock", me, show, e);
}

enum err account_lock(struct req *r)
{
    return room_page(r, "lock", show, lock);
}
