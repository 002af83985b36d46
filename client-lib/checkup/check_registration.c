/* Does the provider know this client as it is configured here?  Asked for real, with libeid's own
 * requests: a pushed request where there are any, an authorization request with prompt=none, which
 * no person sees and which uses the pushed one up, and a code that never was at the token endpoint.
 * What is left behind at the provider ends by itself within minutes. */
#include <string.h>
#include "base/url.h"
#include "checkup/doctor.h"

#define NO_CODE "eid-doctor-asks-with-a-code-that-never-was"

static int number(const char *text)
{
    uint64_t n = 0;
    return text != NULL && str_u64(str_from(text), &n) && n < 100 ? (int)n : 0;
}

/* Without a pushed request the state stands in the URL. */
static void note_state(struct doctor *d, const struct eid_login *login)
{
    struct url u;
    struct params sent;
    if (url_parse(str_from(eid_login_url(login)), &u) == OK && u.query.p != NULL &&
        params_parse(d->arena, u.query, &sent) == OK && str_is(param_get(&sent, "state"))) {
        d->web.state = str_dup(d->arena, param_get(&sent, "state"));
    }
}

static enum eid_code begin(struct doctor *d, struct eid_client *c, struct eid_login **out,
                           struct eid_error *err)
{
    struct eid_login_ask ask = {.size = sizeof(ask),
                                .prompt = "none",
                                .min_account_level = number(doctor_setting(d, ACCOUNT_LEVEL)),
                                .min_authentication_level = number(doctor_setting(d, AUTH_LEVEL))};
    enum eid_code code = eid_login_begin(c, &ask, out, err);
    if (code == EID_OK) {
        note_state(d, *out);
    }
    return code;
}

/* What the token endpoint says to a code that never was. */
static enum eid_code redeem(struct doctor *d, struct eid_client *c, const struct eid_login *login,
                            struct eid_error *err)
{
    struct eid_identity *who = NULL;
    const char *back = str_fmt(d->arena, "code=" NO_CODE "&state=%.*s&iss=%s",
                               STR_FMT(d->web.state), doctor_setting(d, ISSUER))
                           .p;
    enum eid_code code = eid_login_finish(c, back, eid_login_transaction(login), &who, err);
    eid_identity_free(who);
    return code;
}

/* Is the client known with this method? */
static bool is_taken(struct doctor *d, const char *method)
{
    struct eid_client *c = NULL;
    struct eid_login *login = NULL;
    struct eid_error err = {.code = EID_OK};
    if (!doctor_client_new(d, method, &c, &err)) {
        return false;
    }
    bool taken = begin(d, c, &login, &err) == EID_OK;
    if (taken) {
        taken = redeem(d, c, login, &err) == EID_LOGIN_EXPIRED;
        eid_login_free(login);
    }
    eid_client_free(c);
    return taken;
}

/* Secrets can be sent in two ways; was the client registered with the other? */
static const char *other_way(struct doctor *d)
{
    static const char *const ways[] = {"client_secret_basic", "client_secret_post"};
    const char *set = doctor_setting(d, TOKEN_AUTH);
    for (size_t i = 0; i < 2; i++) {
        bool told;
        bool offered =
            doctor_offers(d, "token_endpoint_auth_methods_supported", str_from(ways[i]), &told);
        bool used = set != NULL ? strcmp(set, ways[i]) == 0 : i == 0;
        if (!used && (offered || !told) && is_taken(d, ways[i])) {
            return ways[i];
        }
    }
    return NULL;
}

static void explain_key(struct doctor *d, const struct eid_error *err)
{
    const char *said = strstr(err->detail, "the provider says: ");
    const char *off = doctor_clock_words(d);
    said = said != NULL ? said : "";
    if (off != NULL || strstr(said, "clock") != NULL || strstr(said, "expired") != NULL ||
        strstr(said, "exp ") != NULL || strstr(said, "iat") != NULL) {
        report_add(d->report, FAILED, "client authentication",
                   "keep time on this machine: timedatectl, chronyc tracking",
                   "the assertion's times are refused%s%s: %s",
                   off != NULL ? ", our clock is " : "", off != NULL ? off : "", err->detail);
    } else if (strstr(said, "aud") != NULL) {
        report_add(d->report, FAILED, "client authentication",
                   "the provider must take its issuer as audience (RFC 7523bis); one that wants "
                   "the token endpoint instead: register a client secret",
                   "the assertion names the issuer as its audience, and that is refused: %s",
                   err->detail);
    } else {
        report_add(d->report, FAILED, "client authentication",
                   "register the public half of CLIENT_KEY_FILE (kid above; portal --public-keys, "
                   "eid_key_public_jwks), and token_endpoint_auth_method private_key_jwt",
                   "the client is unknown or registered with another key: %s", err->detail);
    }
}

static void explain_refusal(struct doctor *d, const struct eid_error *err)
{
    if (d->key_text != NULL) {
        explain_key(d, err);
        return;
    }
    if (doctor_setting(d, CLIENT_SECRET) == NULL) {
        report_add(d->report, FAILED, "client authentication",
                   "give CLIENT_SECRET_FILE or CLIENT_KEY_FILE, as registered",
                   "the client is unknown, or registered with a secret or key: %s", err->detail);
        return;
    }
    const char *way = other_way(d);
    if (way != NULL) {
        report_add(d->report, FAILED, "client authentication",
                   str_fmt(d->arena, "set TOKEN_AUTH=%s, or register the method used here", way).p,
                   "id and secret are right, but the client is registered with %s", way);
        return;
    }
    report_add(d->report, FAILED, "client authentication",
               "compare id and secret with the registration (another provider's? an old one?); "
               "a new secret: authctl client rotate-secret",
               "the client is unknown, or has another secret: %s", err->detail);
}

/* A refusal that came after authentication. */
static void explain_request(struct doctor *d, const struct eid_error *err)
{
    bool redirect = strstr(err->oauth, "redirect") != NULL ||
                    strstr(err->detail, "redirect_uri") != NULL ||
                    strstr(err->detail, "registered: http") != NULL;
    if (redirect) {
        report_add(d->report, FAILED, "redirect registered",
                   "register exactly this redirect URI, or set the one that is registered: host, "
                   "port, path and slash count",
                   "%s is not registered: %s", doctor_setting(d, REDIRECT_URI), err->detail);
    } else if (strcmp(err->oauth, "invalid_scope") == 0) {
        report_add(d->report, FAILED, "scope",
                   "register the scopes for this client, or set SCOPE to those registered", "%s",
                   err->detail);
    } else if (strstr(err->oauth, "dpop") != NULL) {
        const char *off = doctor_clock_words(d);
        report_add(d->report, FAILED, "DPoP",
                   off != NULL ? "keep time on this machine: timedatectl, chronyc tracking"
                               : "a proxy that changes URLs, or a provider that refuses its own "
                                 "offer: DPOP=off",
                   "the proof is refused%s%s: %s", off != NULL ? ", our clock is " : "",
                   off != NULL ? off : "", err->detail);
    } else if (strcmp(err->oauth, "unauthorized_client") == 0) {
        report_add(d->report, FAILED, "registration",
                   "register grant_types authorization_code and response_types code", "%s",
                   err->detail);
    } else {
        report_add(d->report, FAILED, "request", "see what the provider says, and its log",
                   "%s: %s", eid_error_name(err->code), err->detail);
    }
}

static void explain(struct doctor *d, const struct eid_error *err)
{
    if (err->code == EID_CLIENT_REFUSED) {
        explain_refusal(d, err);
    } else if (err->code == EID_UNREACHABLE && d->web.last != NULL &&
               d->web.last->code != CURLE_OK) {
        doctor_explain_silence(d, FAILED, "request", d->web.last);
    } else {
        explain_request(d, err);
    }
}

/* The token endpoint judges client and proof before the code. */
static void redeem_nothing(struct doctor *d, struct eid_login *login)
{
    struct eid_error err = {.code = EID_OK};
    enum eid_code code = redeem(d, d->client, login, &err);
    if (code == EID_LOGIN_EXPIRED) {
        report_add(d->report, GOOD, "client authentication", NULL,
                   "the token endpoint takes it, and refuses the code we made up");
    } else if (code == EID_OK || (d->web.last->code == CURLE_OK && d->web.last->status == 200)) {
        report_add(d->report, FAILED, "token endpoint", "don't use this provider",
                   "gave tokens for a code that never was");
    } else {
        explain(d, &err);
    }
}

/* The answer that came back to the redirect URI, judged as libeid would. */
static void judge_callback(struct doctor *d, struct eid_login *login, const char *location)
{
    struct eid_error err = {.code = EID_OK};
    struct eid_identity *who = NULL;
    enum eid_code code =
        eid_login_finish(d->client, location, eid_login_transaction(login), &who, &err);
    eid_identity_free(who);
    if (code == EID_OK || code == EID_LOGIN_NEEDED || code == EID_LOGIN_EXPIRED) {
        report_add(d->report, GOOD, "redirect registered", NULL, "%s",
                   doctor_setting(d, REDIRECT_URI));
        report_add(d->report, GOOD, "authorization", NULL, "asks for a login, as it should");
    } else if (code == EID_ISSUER_MISMATCH || code == EID_STATE_MISMATCH) {
        report_add(d->report, FAILED, "authorization",
                   "the provider's operator; a proxy that drops parameters?",
                   "the answer would be refused: %s", err.detail);
    } else {
        explain_request(d, &err);
    }
}

static void knock(struct doctor *d, struct eid_login *login)
{
    const char *redirect = doctor_setting(d, REDIRECT_URI);
    struct seen *s = web_ask(&d->web, eid_login_url(login), NULL);
    struct str location = web_header(s, "Location");
    if (s->code != CURLE_OK) {
        doctor_explain_silence(d, FAILED, "authorization", s);
    } else if (s->status >= 500 || s->status == 429) {
        report_add(d->report, WARNING, "authorization", "try again later, or ask its operator",
                   "the authorization endpoint answers %d", s->status);
    } else if (s->status >= 400) {
        report_add(d->report, FAILED, "redirect registered",
                   "register exactly this redirect URI for this client id: host, port, path and "
                   "slash count",
                   "the authorization endpoint answers %d instead of going back to %s: client id "
                   "or redirect URI is not registered",
                   s->status, redirect);
    } else if (str_starts(location, str_from(redirect))) {
        judge_callback(d, login, str_z(d->arena, location));
    } else if (location.p != NULL) {
        report_add(d->report, GOOD, "authorization", NULL,
                   "not refused: it sends the browser on to %.*s", (int)str_find(location, '?'),
                   location.p);
    } else {
        report_add(d->report, NOT_OFFERED, "authorization", NULL,
                   "shows a page (status %d) in spite of prompt=none: look at it in a browser",
                   s->status);
    }
}

bool check_registration(struct doctor *d)
{
    struct eid_error err = {.code = EID_OK};
    struct eid_login *login = NULL;
    if (begin(d, d->client, &login, &err) != EID_OK) {
        explain(d, &err);
        return true;
    }
    knock(d, login);
    redeem_nothing(d, login);
    eid_login_free(login);
    return true;
}
