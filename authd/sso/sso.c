/* The session cookie: finding, setting and clearing the session of the browser in front of us. Must
 * not decide who somebody is: a session is what a verifier's proof said, and goes on only with the
 * cookie's secret. */
#include "sso/sso.h"

#include "base/arena.h"
#include "base/clock.h"
#include "store/grant.h"

#define SESSION_COOKIE "sso" /* not "session": portals on localhost have one of that name */
#define ACCOUNT_COOKIE "account"

struct app *app_of(const struct req *r)
{
    return r->app;
}

enum err sso_find_agreed(struct req *r, struct str client_id, struct sso *out,
                         struct consent_row *consent)
{
    struct app *app = app_of(r);
    struct str cookie = req_cookie(r, SESSION_COOKIE);
    const struct app_keys *keys;
    struct sso found = {0};
    if (!str_is(cookie)) {
        return fail(ERR_NOT_FOUND, "session: no cookie");
    }
    TRY(app_keys(r->task, app, &keys));
    if (handle_read(keys->handle_key, cookie, &found.handle) != OK) {
        return fail(ERR_NOT_FOUND, "session: malformed cookie");
    }
    TRY(store_session_find(r->task, app->db, &found.handle, app->config->session_idle_s, client_id,
                           &found.row, consent));
    found.secret = str_dup(r->arena, str_of(found.handle.secret, HANDLE_SECRET));
    *out = found;
    return OK;
}

enum err sso_find(struct req *r, struct sso *out)
{
    struct consent_row nobody_asked;
    return sso_find_agreed(r, STR_NONE, out, &nobody_asked);
}

void sso_set_cookie(struct req *r, const struct handle *h)
{
    struct app *app = app_of(r);
    /* The key set is known: the handle's bucket was read or made with it in this request. */
    const struct app_keys *keys;
    if (app_keys(r->task, app, &keys) != OK) {
        task_end(r->task, ERR_UNAVAILABLE);
    }
    /* Ends with the browser; the absolute and idle lifetimes are the row's. */
    reply_cookie(r, SESSION_COOKIE, handle_text(r->arena, keys->handle_key, h), 0);
}

void sso_clear_cookie(struct req *r)
{
    reply_cookie(r, SESSION_COOKIE, STR(""), -1);
    reply_cookie(r, ACCOUNT_COOKIE, STR(""), -1);
}

static bool is_number_end(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
    }
    return s.n == SSO_NUMBER_END;
}

void sso_account_remember(struct req *r, struct str number_end)
{
    if (is_number_end(number_end)) {
        reply_cookie(r, ACCOUNT_COOKIE, number_end, 0);
    }
}

struct str sso_account(const struct req *r)
{
    struct str end = req_cookie(r, ACCOUNT_COOKIE);
    return is_number_end(end) ? end : STR_NONE;
}
