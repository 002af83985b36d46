/* GET and POST /account/password: the present password and a new one.  A verifier decides both, and
 * its statement ends the person's other sessions unless the person leaves them. */
#include <string.h>

#include "account/account.h"
#include "account/room.h"
#include "base/ct.h"
#include "log/log.h"

static enum err show(struct req *r, const struct sso *me, int status, json_t *data)
{
    struct str csrf;
    TRY(room_token(r, "password", me, &csrf));
    json_object_set_new(data, "csrf", json_str(csrf));
    json_object_set_new(data, "least", json_integer(app_of(r)->config->password_length_min));
    return page_reply(r, status, page_language(r, STR_NONE), "password", json_incref(data));
}

static enum err told(struct req *r, const struct sso *me, const struct verifier_changed *answer)
{
    json_t *data = json_own(r->arena, json_object());
    int status = 200;
    switch ((enum change_outcome)answer->outcome) {
    case CHANGE_DONE:
        log_event(LOG_INFO, PASSWORD_SET, LOG_Z("by", "password"));
        room_done(r, "password");
        return OK;
    case CHANGE_OVER:
        return room_leave(r);
    case CHANGE_LATER:
        status = room_later(r, data, answer->retry_after_s);
        break;
    case CHANGE_REFUSED:
        room_fault(data, room_fault_name(answer->fault), answer->length_min);
        break;
    case CHANGE_WRONG:
        json_object_set_new(data, "wrong", json_true());
        break;
    }
    return show(r, me, status, data);
}

static enum err change(struct req *r, const struct sso *me, const struct params *form)
{
    struct app *app = app_of(r);
    struct verifier_changed answer;
    struct verifier_change_password in = {
        .session_proof = me->row.proof,
        .secret = me->secret,
        .current = param_get(form, "current"),
        .password = param_get(form, "password"),
        .address = r->address,
        .address_sealed = sso_address_sealed(r),
        .end_others = !str_eqz(param_get(form, "others"), "keep"),
    };
    if (!ct_str_equal(in.password, param_get(form, "again"))) {
        json_t *data = json_own(r->arena, json_object());
        room_fault(data, "different", (uint32_t)app->config->password_length_min);
        return show(r, me, 200, data);
    }
    memcpy(in.request_id, r->task->request_uuid, sizeof(in.request_id));
    TRY(room_password_words(r, &me->row.subject, &in.words));
    enum err e = ask_change_password(r->task, app->verifiers, &in, ACCOUNT_WAITING_MAX, &answer);
    return e == OK ? told(r, me, &answer) : room_undecided(r, "password", me, show, e);
}

enum err account_password(struct req *r)
{
    return room_page(r, "password", show, change);
}
