/* From the path to the login's row; see login.h.  Must not know what the login is for. */
#include "sso/login.h"

#include "base/ct.h"
#include "sso/sso.h"

enum err sso_login_find(struct req *r, struct handle *handle, struct login_row *out)
{
    struct app *app = app_of(r);
    const struct app_keys *keys = NULL;
    struct handle h;
    struct login_row row;
    struct sha256 browser;
    TRY(app_keys(r->task, app, &keys));
    if (handle_read(keys->handle_key, r->tail, &h) != OK) {
        return fail(ERR_NOT_FOUND, "login: malformed handle");
    }
    if (sso_browser(r, false, &browser) != OK) {
        return fail(ERR_AUTH, "login: the browser sends no cookie");
    }
    TRY(store_login_find(r->task, app->db, &h, &row));
    if (!ct_equal(browser.b, row.browser.b, sizeof(browser.b))) {
        return fail(ERR_DENIED, "login: of another browser");
    }
    *handle = h;
    *out = row;
    return OK;
}

bool sso_login_is_own(const struct login_row *login)
{
    return !str_is(login->client_id);
}

enum err sso_login_begin_own(struct req *r)
{
    struct app *app = app_of(r);
    const struct app_keys *keys;
    struct sha256 browser;
    struct handle h;
    struct uuid place; /* nobody is known yet: any bucket */
    TRY(app_keys(r->task, app, &keys));
    TRY(sso_browser(r, true, &browser));
    uuid_random(&place);
    handle_make(NULL, bucket_of(&place), &h);
    TRY(store_login_create(r->task, app->db, &h, &browser, NULL, SSO_OWN_CLIENT, STR("{}"),
                           LOGIN_LOGIN, app->config->login_lifetime_s));
    struct str text = handle_text(r->arena, keys->handle_key, &h);
    reply_redirect(r, str_fmt(r->arena, "/login/%.*s", STR_FMT(text)));
    return OK;
}

const char *sso_login_refusal(enum err why, int *status)
{
    *status = why == ERR_AUTH || why == ERR_DENIED ? 403 : 400;
    switch (why) {
    case ERR_NOT_FOUND:
    case ERR_EXPIRED:
        return "login_over";
    case ERR_CONFLICT:
        return "login_done";
    case ERR_AUTH:
        return "cookies";
    case ERR_DENIED:
        return "other_browser";
    default:
        return NULL;
    }
}
