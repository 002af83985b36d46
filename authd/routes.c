/* The route table.  One row is one endpoint: path, methods, handler, most bytes of a body,
 * deadline, whether any origin may read it, whether it speaks JSON, and whose share of the process
 * it takes (http/admission.h). */
#include "routes.h"
#include "account/account.h"
#include "authn/authn.h"
#include "health.h"
#include "oidc/oidc.h"
#include "page/page.h"

#define GET HTTP_GET
#define POST HTTP_POST
#define KIB 1024
#define SOON 2000
#define NORMAL 10000

const struct route routes[] = {
    /* path, methods, handler, body_max, deadline_ms, cors, json, kind of work
     * spec: OpenID Discovery §4, RFC 8414 §3.1 the paths of metadata */
    {"/.well-known/openid-configuration", GET, oidc_discovery, 0, SOON, true, true, WORK_VITAL},
    {"/.well-known/oauth-authorization-server", GET, oidc_discovery, 0, SOON, true, true,
     WORK_VITAL},
    {"/jwks", GET, oidc_jwks, 0, SOON, true, true, WORK_VITAL},
    {"/jwks.jwt", GET, oidc_jwks_signed, 0, SOON, true, true, WORK_VITAL},
    {"/par", POST, oidc_par, 64 * KIB, NORMAL, true, true, WORK_PUSH},
    /* spec: OpenID Core §3.1.2.1:methods MUST support GET and POST */
    {"/authorize", GET | POST, oidc_authorize, 64 * KIB, NORMAL, false, false, WORK_PAGE},
    {"/authorize/resume/", GET, oidc_resume, 0, NORMAL, false, false, WORK_PAGE},
    {"/consent/", GET | POST, oidc_consent, 4 * KIB, NORMAL, false, false, WORK_PAGE},
    /* spec: RFC 6749 §3.2:post the client MUST use POST */
    {"/token", POST, oidc_token, 64 * KIB, NORMAL, true, true, WORK_TOKEN},
    /* spec: OpenID Core §5.3 MUST support GET and POST */
    {"/userinfo", GET | POST, oidc_userinfo, 32 * KIB, NORMAL, true, true, WORK_TOKEN},
    {"/introspect", POST, oidc_introspect, 64 * KIB, NORMAL, false, true, WORK_TOKEN},
    {"/revoke", POST, oidc_revoke, 64 * KIB, NORMAL, true, true, WORK_TOKEN},
    /* spec: RP-Initiated Logout §2:methods MUST support GET and POST */
    {"/logout", GET | POST, oidc_logout, 32 * KIB, NORMAL, false, false, WORK_PAGE},
    {"/logout/confirm", POST, oidc_logout_confirm, 32 * KIB, NORMAL, false, false, WORK_PAGE},
    {"/", GET, authn_home, 0, NORMAL, false, false, WORK_PAGE},
    {"/safety", GET, authn_safety, 0, SOON, false, false, WORK_PAGE},
    {"/login/", GET | POST, authn_login, 8 * KIB, NORMAL, false, false, WORK_LOGIN},
    {"/select/", GET | POST, authn_select, 2 * KIB, NORMAL, false, false, WORK_PAGE},
    {"/cancel/", POST, authn_cancel, 2 * KIB, NORMAL, false, false, WORK_PAGE},
    {"/logo/", GET, authn_logo, 0, SOON, false, false, WORK_PAGE},
    {"/account", GET, account_home, 0, NORMAL, false, false, WORK_PAGE},
    {"/account/login", GET, account_login, 0, NORMAL, false, false, WORK_PAGE},
    {"/account/resume/", GET, account_resume, 0, NORMAL, false, false, WORK_PAGE},
    {"/account/first", GET | POST, account_first, 4 * KIB, NORMAL, false, false, WORK_LOGIN},
    {"/account/first/password", GET | POST, account_first_password, 16 * KIB, NORMAL, false, false,
     WORK_LOGIN},
    {"/account/password", GET | POST, account_password, 16 * KIB, NORMAL, false, false, WORK_LOGIN},
    {"/account/lock", GET | POST, account_lock, 2 * KIB, NORMAL, false, false, WORK_LOGIN},
    {"/account/history", GET, account_history, 0, NORMAL, false, false, WORK_PAGE},
    {"/account/sessions", POST, account_sessions, 2 * KIB, NORMAL, false, false, WORK_PAGE},
    {"/account/consents", POST, account_consents, 2 * KIB, NORMAL, false, false, WORK_PAGE},
    {"/style.css", GET, page_asset, 0, SOON, false, false, WORK_VITAL},
    {"/logo.svg", GET, page_asset, 0, SOON, false, false, WORK_VITAL},
    {"/favicon.svg", GET, page_asset, 0, SOON, false, false, WORK_VITAL},
    {"/favicon.ico", GET, page_asset, 0, SOON, false, false, WORK_VITAL},
    {"/language/", GET, page_language_switch, 0, SOON, false, false, WORK_PAGE},
    {"/health/live", GET, health_live, 0, SOON, false, true, WORK_VITAL},
    {"/health/ready", GET, health_ready, 0, SOON, false, true, WORK_VITAL},
    {NULL, 0, NULL, 0, 0, false, false, WORK_OTHER},
};

static const char *error_key(int status)
{
    switch (status) {
    case 404:
        return "not_found";
    case 405:
        return "method";
    case 413:
    case 414:
    case 431:
        return "too_large";
    case 429:
        return "too_many";
    case 503:
        return "unavailable";
    default:
        return status < 500 ? "request" : "internal";
    }
}

enum err routes_missing(struct req *r)
{
    return page_error(r, 404, page_language(r, STR_NONE), error_key(404), STR_NONE);
}

void routes_broken(struct req *r, int status)
{
    (void)!page_error(r, status, page_language(r, STR_NONE), error_key(status), STR_NONE);
}
