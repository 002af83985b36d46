/* POST /cancel/<handle>: the person does not want to log in.  The service is told access_denied by
 * oidc. */
#include "authn/authn.h"
#include "authn/flow.h"
#include "log/log.h"

enum err authn_cancel_flow(struct req *r, const struct flow *f)
{
    struct audit entry = sso_audit(r, AUDIT_LOGIN_REFUSED);
    entry.refused = true;
    entry.client_id = f->client.id;
    entry.detail = STR("{\"reason\":\"cancelled\"}");
    enum err e = store_login_move(r->task, app_of(r)->db, &f->login, LOGIN_REFUSED, &entry);
    if (e != OK && e != ERR_CONFLICT) {
        return e;
    }
    /* Refused before or finished meanwhile: resume tells. */
    return flow_go(r, f, PLACE_RESUME);
}

enum err authn_cancel(struct req *r)
{
    struct flow f;
    struct params form;
    enum err e = flow_find(r, &f);
    if (e == OK) {
        e = flow_form(r, &f, &form);
    }
    if (e == OK) {
        e = authn_cancel_flow(r, &f);
    }
    return e == OK ? OK : flow_refused(r, e);
}
