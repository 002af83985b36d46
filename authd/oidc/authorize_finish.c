/* GET /authorize/resume/<handle>: where the login pages send the person back to.  Looks at what has
 * been reached meanwhile and decides again: log in, choose, agree, finish, or tell the client why
 * not. */
#include "oidc/oidc.h"
#include "oidc/redirect.h"
#include "oidc/verdict.h"

static enum err go(struct req *r, const char *path, const struct pending *p)
{
    reply_redirect(r, str_fmt(r->arena, "%s%.*s", path, STR_FMT(p->text)));
    return OK;
}

/* sso: who is logged in, or NULL.  What the person refused was written down when it happened. */
static enum err refuse(struct req *r, const struct pending *p, const struct sso *sso,
                       enum refusal why)
{
    if (p->login.state != LOGIN_REFUSED) {
        struct audit entry = refusal_audit(r, &p->party, sso, why);
        enum err e = store_login_move(r->task, app_of(r)->db, &p->login, LOGIN_REFUSED, &entry);
        if (e == ERR_CONFLICT) {
            return pending_page(r, e);
        }
        TRY(e);
    }
    return redirect_refusal(r, p->request.redirect_uri, p->request.state, why, p->party.client.id);
}

/* Moves the login to `state` unless it is there, then goes to the page of that state. */
static enum err move(struct req *r, struct pending *p, enum login_state state, const char *path)
{
    if (p->login.state != state) {
        enum err e = store_login_move(r->task, app_of(r)->db, &p->login, state, NULL);
        if (e == ERR_CONFLICT) {
            return pending_page(r, e);
        }
        TRY(e);
    }
    return go(r, path, p);
}

static enum err take(struct req *r, struct pending *p, enum step step, enum refusal why,
                     const struct sso *sso, const struct agreement *agreement)
{
    switch (step) {
    case STEP_REFUSE:
        return refuse(r, p, sso, why);
    case STEP_LOGIN:
        /* Agreeing comes after logging in: who lost the session at that point starts again. */
        if (p->login.state == LOGIN_CONSENT) {
            return refuse(r, p, sso, REFUSE_LOGIN_REQUIRED);
        }
        return move(r, p, LOGIN_LOGIN, LOGIN_PATH);
    case STEP_SELECT:
        /* select is where a login starts, never where it goes back to */
        return p->login.state == LOGIN_SELECT ? go(r, SELECT_PATH, p)
                                              : refuse(r, p, sso, REFUSE_SELECTION_REQUIRED);
    case STEP_CONSENT:
        return move(r, p, LOGIN_CONSENT, CONSENT_PATH);
    case STEP_FINISH:
        break;
    }
    enum err e = code_issue(r, &p->party, &p->request, sso, &p->login, agreement, false);
    return e == ERR_CONFLICT ? pending_page(r, e) : e;
}

/* ERR_DENIED: the signer does not accept the session. */
static enum err decide_and_take(struct req *r, struct pending *p)
{
    struct verdict v;
    TRY(verdict_find(r, &p->party, &p->request, &p->login, &v));
    return take(r, p, v.step, v.why, v.found ? &v.sso : NULL, &v.agreement);
}

enum err oidc_resume(struct req *r)
{
    struct pending p;
    enum err e = pending_find(r, &p);
    if (e != OK) {
        return pending_page(r, e);
    }
    if (p.login.state == LOGIN_REFUSED) {
        return refuse(r, &p, NULL, REFUSE_DENIED);
    }
    if (p.login.state == LOGIN_DONE) {
        return pending_page(r, fail(ERR_CONFLICT, "login: finished before"));
    }
    e = decide_and_take(r, &p);
    return e == ERR_DENIED ? session_refused(r, r->path) : e;
}
