/* The portal as browsers see it: its host has an address, its proxy does not turn https into http,
 * and the cookie a login is kept in survives the way there and back. */
#include <netdb.h>
#include <sys/socket.h>
#include "base/url.h"
#include "checkup/doctor.h"

static bool resolves(struct doctor *d, const struct url *u)
{
    struct addrinfo *found = NULL;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct str host = u->host;
    if (str_starts(host, STR("["))) {
        host = str_of(host.p + 1, host.n - 2);
    }
    int code = getaddrinfo(str_z(d->arena, host), NULL, &hints, &found);
    if (code == 0) {
        freeaddrinfo(found);
        return true;
    }
    report_add(d->report, WARNING, "portal's address",
               "a mistyped host? browsers must find it, this machine need not",
               "%.*s, the host of the redirect URI, has no address here: %s", STR_FMT(u->host),
               gai_strerror(code));
    return false;
}

static bool same_host(struct str a, struct str b)
{
    struct url x;
    struct url y;
    return url_parse(a, &x) == OK && url_parse(b, &y) == OK && str_ieq(x.host, y.host);
}

/* A proxy that sends browsers elsewhere loses the code or shows it to somebody. */
static bool judge_callback_page(struct doctor *d, const char *uri)
{
    struct seen *s = web_ask(&d->web, uri, NULL);
    if (s->code != CURLE_OK) {
        doctor_explain_silence(d, WARNING, "portal", s);
        return false;
    }
    struct str location = web_header(s, "Location");
    bool https = str_starts(str_from(uri), STR("https:"));
    if (https && str_starts(location, STR("http:"))) {
        report_add(d->report, FAILED, "portal",
                   "tell the portal that browsers see https (X-Forwarded-Proto, BASE_URL)",
                   "%s redirects to %.*s: the portal believes it is served over http", uri,
                   STR_FMT(location));
    } else if (location.p != NULL && !str_starts(location, STR("/")) &&
               !same_host(location, str_from(uri)) &&
               !str_starts(location, str_from(doctor_setting(d, ISSUER)))) {
        report_add(d->report, WARNING, "portal",
                   "one name for the portal: register it, use it for cookies, redirect others to "
                   "it before a login begins",
                   "%s redirects to %.*s: a cookie set there is not seen here", uri,
                   (int)str_find(location, '?'), location.p);
    } else if (s->status == 404 || s->status >= 500) {
        report_add(d->report, WARNING, "portal", "is it running, and is this its callback?",
                   "%s answers %d", uri, s->status);
    } else {
        report_add(d->report, GOOD, "portal", NULL, "%s answers (%d)", uri, s->status);
    }
    return true;
}

static bool attribute(struct str cookie, const char *name, const char *value)
{
    struct str part;
    while (str_split(&cookie, ';', &part)) {
        part = str_trim(part);
        size_t equals = str_find(part, '=');
        bool named = str_ieq(str_of(part.p, equals), str_from(name));
        if (named && (value == NULL ||
                      (equals < part.n && str_ieq(str_of(part.p + equals + 1, part.n - equals - 1),
                                                  str_from(value))))) {
            return true;
        }
    }
    return false;
}

static void judge_cookies(struct doctor *d, const struct seen *s)
{
    bool https = str_starts(str_from(s->url), STR("https:"));
    struct str rest = s->headers;
    struct str cookie;
    size_t n = 0;
    while (web_header_next(&rest, "Set-Cookie", &cookie)) {
        struct str name = str_of(cookie.p, str_find(cookie, '='));
        n++;
        if (attribute(cookie, "SameSite", "Strict")) {
            report_add(d->report, FAILED, "login cookie", "SameSite=Lax",
                       "%.*s is SameSite=Strict: the browser that comes back from the provider "
                       "does not bring it",
                       STR_FMT(name));
        } else if (https && !attribute(cookie, "Secure", NULL)) {
            report_add(d->report, WARNING, "login cookie", "add Secure (and the prefix __Host-)",
                       "%.*s lacks Secure", STR_FMT(name));
        } else if (!https && attribute(cookie, "Secure", NULL)) {
            report_add(d->report, WARNING, "login cookie",
                       "serve https, or leave Secure out while on loopback",
                       "%.*s is Secure, but the portal is http: some browsers drop it",
                       STR_FMT(name));
        } else if (!attribute(cookie, "HttpOnly", NULL)) {
            report_add(d->report, WARNING, "login cookie", "add HttpOnly",
                       "%.*s lacks HttpOnly: scripts can read it", STR_FMT(name));
        } else {
            report_add(d->report, GOOD, "login cookie", NULL, "%.*s", STR_FMT(name));
        }
    }
    if (n == 0) {
        report_add(d->report, WARNING, "login cookie",
                   "keep the transaction in a cookie of this browser (see eid_login)",
                   "%s sets none: how will the callback know who began?", s->url);
    }
}

/* Where the portal begins a login it must send the browser to this provider. */
static void judge_login(struct doctor *d)
{
    const char *url = doctor_setting(d, LOGIN_URL);
    const char *endpoint = doctor_endpoint(d, "authorization_endpoint");
    if (url == NULL || !doctor_is_secure(url)) {
        return;
    }
    struct seen *s = web_ask(&d->web, url, NULL);
    struct str location = web_header(s, "Location");
    struct url to;
    struct params sent;
    if (s->code != CURLE_OK || !str_starts(location, str_from(endpoint))) {
        report_add(d->report, NOT_OFFERED, "portal's login", NULL,
                   "%s does not lead to the provider (LOGIN_URL): not looked at", url);
        return;
    }
    judge_cookies(d, s);
    if (url_parse(location, &to) != OK || to.query.p == NULL ||
        params_parse(d->arena, to.query, &sent) != OK) {
        return;
    }
    struct str client = param_get(&sent, "client_id");
    struct str redirect = param_get(&sent, "redirect_uri");
    if (!str_eqz(client, doctor_setting(d, CLIENT_ID))) {
        report_add(d->report, FAILED, "portal's login", "one configuration for both",
                   "the portal runs as client \"%.*s\"", STR_FMT(client));
    } else if (redirect.p != NULL && !str_eqz(redirect, doctor_setting(d, REDIRECT_URI))) {
        report_add(d->report, FAILED, "portal's login",
                   "tell the portal its own address (BASE_URL, X-Forwarded-Proto, -Host)",
                   "the portal sends redirect_uri %.*s, not %s", STR_FMT(redirect),
                   doctor_setting(d, REDIRECT_URI));
    } else {
        report_add(d->report, GOOD, "portal's login", NULL, "leads to the provider as this client");
    }
}

bool check_portal(struct doctor *d)
{
    const char *uri = doctor_setting(d, REDIRECT_URI);
    struct url u;
    if (url_parse(str_from(uri), &u) != OK || !resolves(d, &u)) {
        return true;
    }
    if (judge_callback_page(d, uri)) {
        judge_login(d);
    }
    return true;
}
