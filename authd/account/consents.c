/* POST /account/consents: withdraws what a service was given.  With the commit its grants are
 * revoked and its tokens answered as inactive, and it is told to end its sessions.
 *
 * Law 91/2025/QH15: withdrawing is as easy as agreeing, and works at once. */
#include "account/account.h"
#include "account/room.h"
#include "log/log.h"
#include "store/grant.h"

static enum err withdraw(struct req *r, const struct sso *me, const struct params *form)
{
    struct str client = param_get(form, "client");
    if (!str_is(client)) {
        return fail(ERR_INPUT, "consents: which service?");
    }
    struct audit entry = sso_audit(r, AUDIT_CONSENT_WITHDRAWN);
    entry.bucket = me->row.bucket;
    entry.subject = me->row.subject;
    entry.actor = me->row.actor;
    entry.session = me->row.id;
    entry.client_id = client;
    entry.ground = STR("own pages");
    enum err e = store_consent_withdraw(r->task, app_of(r)->db, &me->row.subject, client, &entry);
    if (e == ERR_NOT_FOUND) { /* withdrawn meanwhile: what was wanted is so */
        room_done(r, "withdrawn");
        return OK;
    }
    TRY(e);
    log_event(LOG_INFO, CONSENT_WITHDRAWN, LOG_STR("client", client));
    room_done(r, "withdrawn");
    return OK;
}

enum err account_consents(struct req *r)
{
    return room_do(r, "consents", withdraw);
}
