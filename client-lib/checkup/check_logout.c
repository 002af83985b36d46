/* Logging out: of everything at the provider (RP-Initiated Logout), and when the provider says so
 * (Back-Channel Logout), whose receiver is asked with a token that is none. */
#include <string.h>
#include "checkup/doctor.h"

#define GARBAGE "logout_token=eid-doctor.is-no.token"

static void judge_initiated(struct doctor *d)
{
    struct eid_error err = {.code = EID_OK};
    const char *uri = doctor_setting(d, POST_LOGOUT_URI);
    char *url = NULL;
    if (doctor_endpoint(d, "end_session_endpoint") == NULL) {
        report_add(d->report, NOT_OFFERED, "logout", NULL,
                   "no end_session_endpoint: logging out ends the portal's own session only");
        return;
    }
    if (uri != NULL && !doctor_is_secure(uri)) {
        report_add(d->report, WARNING, "logout", "https, as registered",
                   "POST_LOGOUT_URI \"%s\" is not https", uri);
    }
    if (eid_logout_url(d->client, NULL, "eid-doctor", &url, &err) != EID_OK) {
        report_add(d->report, FAILED, "logout", "see what this names", "%s: %s",
                   eid_error_name(err.code), err.detail);
        return;
    }
    struct seen *s = web_ask(&d->web, url, NULL);
    eid_text_free(url);
    struct str location = web_header(s, "Location");
    if (s->code != CURLE_OK) {
        doctor_explain_silence(d, FAILED, "logout", s);
    } else if (s->status >= 400 && s->status < 500) {
        report_add(d->report, WARNING, "logout",
                   "register it in post_logout_redirect_uris, to the letter (some providers want "
                   "an ID token with it: then this says nothing)",
                   "end_session_endpoint answers %d to the return address %s", s->status,
                   uri != NULL ? uri : "(none)");
    } else if (s->status >= 500) {
        report_add(d->report, WARNING, "logout", "the provider has a problem: try again later",
                   "end_session_endpoint answers %d", s->status);
    } else if (uri != NULL && str_starts(location, str_from(uri))) {
        report_add(d->report, GOOD, "logout", NULL, "the browser comes back to %s", uri);
    } else {
        report_add(d->report, GOOD, "logout", NULL, "offered%s",
                   uri == NULL ? "; no POST_LOGOUT_URI: the person ends on the provider's page"
                               : "; it asks the person first");
    }
}

/* spec: OpenID Connect Back-Channel Logout 1.0 §2.8:party 400 when the token is refused */
static void judge_answer(struct doctor *d, const char *uri, const struct seen *s)
{
    static const char check[] = "back-channel logout";
    if (s->status == 400) {
        struct str kept = web_header(s, "Cache-Control");
        report_add(d->report, GOOD, check, NULL, "%s refuses what is no logout token%s", uri,
                   kept.p != NULL && strstr(str_z(d->arena, kept), "no-store") != NULL
                       ? ""
                       : " (Cache-Control: no-store is missing)");
    } else if (s->status >= 200 && s->status < 300) {
        report_add(d->report, FAILED, check,
                   "verify the token (eid_logout_token_verify) and answer 400 to what is none",
                   "%s answers %d to garbage: anybody could log people out, or nobody is", uri,
                   s->status);
    } else if (s->status >= 300 && s->status < 400) {
        report_add(d->report, FAILED, check,
                   "take this path out of the login filter or of the redirect",
                   "%s redirects to %.*s: the provider does not follow", uri,
                   STR_FMT(web_header(s, "Location")));
    } else if (s->status == 401 || s->status == 403) {
        report_add(d->report, FAILED, check,
                   "the provider brings no cookie, no password and no CSRF token: take this path "
                   "out of their filter",
                   "%s answers %d", uri, s->status);
    } else if (s->status == 404 || s->status == 405) {
        report_add(d->report, FAILED, check, "compare the path; it must take POST",
                   "%s answers %d: nothing takes logout tokens there", uri, s->status);
    } else {
        report_add(d->report, s->status >= 500 ? FAILED : WARNING, check,
                   "see the portal's log; 400 is what a refused token is answered with",
                   "%s answers %d to a token that is none", uri, s->status);
    }
}

static void judge_receiver(struct doctor *d)
{
    static const char check[] = "back-channel logout";
    const char *uri = doctor_setting(d, BACKCHANNEL_LOGOUT_URI);
    bool offered = json_is_true(json_object_get(d->metadata, "backchannel_logout_supported"));
    if (uri == NULL || !offered) {
        report_add(d->report, NOT_OFFERED, check, NULL, "%s",
                   !offered ? "backchannel_logout_supported is not announced"
                            : "no BACKCHANNEL_LOGOUT_URI: a logout elsewhere is not heard of");
        if (uri == NULL) {
            return;
        }
    }
    if (!doctor_is_secure(uri)) {
        report_add(d->report, FAILED, check, "https, as registered", "\"%s\" is not https", uri);
        return;
    }
    struct seen *s = web_ask(&d->web, uri, GARBAGE);
    if (s->code == CURLE_OK) {
        judge_answer(d, uri, s);
        return;
    }
    /* From here it may look otherwise than from the provider. */
    doctor_explain_silence(d, WARNING, check, s);
}

bool check_logout(struct doctor *d)
{
    judge_initiated(d);
    judge_receiver(d);
    return true;
}
