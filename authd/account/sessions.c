/* POST /account/sessions: ends a session of the person, or all but this one.  Services opened in it
 * hear of it. */
#include <string.h>

#include "account/account.h"
#include "account/room.h"
#include "base/ct.h"
#include "log/log.h"

static enum err end(struct req *r, const struct sso *me, const struct session_row *s)
{
    struct audit entry = sso_audit(r, AUDIT_LOGOUT);
    entry.bucket = s->bucket;
    entry.subject = s->subject;
    entry.actor = me->row.actor;
    entry.session = s->id;
    entry.detail = STR("{\"reason\":\"own_pages\"}");
    return store_session_end(r->task, app_of(r)->db, s->bucket, &s->id, STR("own pages"), &entry);
}

/* Of this person only: an id from somewhere else ends nothing. */
static enum err act(struct req *r, const struct sso *me, const struct params *form)
{
    struct session_row *all;
    size_t n, ended = 0;
    struct uuid wanted;
    bool others = str_eqz(param_get(form, "which"), "others");
    bool here = false;
    if (!others && uuid_read(param_get(form, "which"), &wanted) != OK) {
        return fail(ERR_INPUT, "sessions: which one?");
    }
    TRY(store_session_list(r->task, app_of(r)->db, me->row.bucket, &me->row.subject, &all, &n));
    for (size_t i = 0; i < n; i++) {
        bool mine = memcmp(all[i].id.b, me->row.id.b, UUID_SIZE) == 0;
        if (others ? mine : memcmp(all[i].id.b, wanted.b, UUID_SIZE) != 0) {
            continue;
        }
        TRY(end(r, me, &all[i]));
        here |= mine;
        ended++;
    }
    if (ended == 0 && !others) {
        /* Of somebody else, or over meanwhile: the page shows what is left. */
        log_event(LOG_INFO, FORM_REFUSED, LOG_Z("reason", "not a session of this person"));
        reply_redirect(r, STR("/account"));
        return OK;
    }
    if (here) {
        sso_clear_cookie(r);
        reply_redirect(r, STR("/"));
        return OK;
    }
    room_done(r, ended == 1 ? "session" : "sessions");
    return OK;
}

enum err account_sessions(struct req *r)
{
    return room_do(r, "sessions", act);
}
