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
    enum language l = page_language(r, STR_NONE);
    switch (why) {
    case ERR_NOT_FOUND:
    case ERR_EXPIRED:
    case ERR_CONFLICT:
        log_failure(LOG_INFO, LOGIN_NOT_ACCEPTED, why, LOG_Z("page", "login_over"));
        return page_error(r, 400, l, "login_over", STR_NONE);
    case ERR_AUTH:
        log_failure(LOG_INFO, LOGIN_NOT_ACCEPTED, why, LOG_Z("page", "cookies"));
        return page_error(r, 403, l, "cookies", STR_NONE);
    case ERR_DENIED:
        log_failure(LOG_INFO, LOGIN_NOT_ACCEPTED, why, LOG_Z("page", "other_browser"));
        return page_error(r, 403, l, "other_browser", STR_NONE);
    default:
        return why;
    }
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
