/* GET /account/login and GET /account/resume/<handle>: a login for one's own pages.  No service
 * asks, so nothing is given to anybody: the row only carries the person through the login pages. */
#include "account/account.h"
#include "account/room.h"
#include "log/log.h"
#include "sso/login.h"

enum err account_login(struct req *r)
{
    return sso_login_begin_own(r);
}

static enum err over(struct req *r, enum err why)
{
    int status;
    const char *key = sso_login_refusal(why, &status);
    if (key == NULL) {
        return why;
    }
    log_failure(LOG_INFO, LOGIN_NOT_ACCEPTED, why, LOG_Z("page", key));
    return page_error(r, status, page_language(r, STR_NONE), key, STR_NONE);
}

static enum err finish(struct req *r)
{
    struct handle handle;
    struct login_row login;
    TRY(sso_login_find(r, &handle, &login));
    if (!sso_login_is_own(&login)) {
        return fail(ERR_NOT_FOUND, "login: a service asked for it");
    }
    if (login.state == LOGIN_REFUSED) {
        reply_redirect(r, STR("/"));
        return OK;
    }
    if (login.state == LOGIN_LOGIN && login.has_session) {
        enum err e = store_login_move(r->task, app_of(r)->db, &login, LOGIN_DONE, NULL);
        if (e != OK && e != ERR_CONFLICT) { /* the same page twice */
            return e;
        }
    }
    reply_redirect(r, STR("/account"));
    return OK;
}

enum err account_resume(struct req *r)
{
    enum err e = finish(r);
    return e == OK ? OK : over(r, e);
}
