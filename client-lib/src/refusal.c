/* RFC 6749 sections 4.1.2.1 and 5.2, OpenID Connect Core 3.1.2.6, RFC 9126, RFC 9449, as a table.
 */
#include "libeid/refusal.h"
#include "libeid/skew.h"

#define DESCRIPTION_MAX 240

static const struct {
    const char *error;
    enum eid_code code;
    const char *cure;
} known[] = {
    {"access_denied", EID_CANCELLED, "the person or the provider's policy said no"},
    {"login_required", EID_LOGIN_NEEDED, "begin again without prompt=none"},
    {"interaction_required", EID_LOGIN_NEEDED, "begin again without prompt=none"},
    {"consent_required", EID_LOGIN_NEEDED, "begin again without prompt=none"},
    {"account_selection_required", EID_LOGIN_NEEDED, "begin again without prompt=none"},
    {"unmet_authentication_requirements", EID_ASSURANCE_NOT_MET,
     "the person can't reach the level asked for"},
    {"invalid_grant", EID_LOGIN_EXPIRED, "code or refresh token is used or expired: log in again"},
    {"unauthorized_client", EID_REQUEST_REFUSED, "the registration does not allow this"},
    {"invalid_scope", EID_REQUEST_REFUSED, "a scope is not registered for this client"},
    {"invalid_request", EID_REQUEST_REFUSED,
     "a parameter is missing, wrong or not registered (the redirect URI?)"},
    {"invalid_dpop_proof", EID_REQUEST_REFUSED,
     "the proof was not accepted: compare clocks and the URLs of the metadata, or set EID_DPOP "
     "off"},
    {"use_dpop_nonce", EID_REQUEST_REFUSED, "the provider refused its own nonce"},
    {"temporarily_unavailable", EID_BUSY, "try again later"},
    {"server_error", EID_UNREACHABLE, "the provider has a problem"},
    {"invalid_token", EID_TOKEN_INACTIVE, "the access token is expired or revoked"},
};

/* spec: RFC 6749 §5.2 error_description is %x20-21 / %x23-5B / %x5D-7E; anything else is not told
 * on */
static struct str plain(struct str description)
{
    for (size_t i = 0; i < description.n; i++) {
        char ch = description.p[i];
        if (ch < ' ' || ch > '~' || ch == '"' || ch == '\\') {
            return STR_NONE;
        }
    }
    return str_of(description.p, description.n < DESCRIPTION_MAX ? description.n : DESCRIPTION_MAX);
}

static void add_description(struct work *w, struct str description)
{
    struct str said = plain(description);
    if (said.n > 0) {
        work_hint(w, "; the provider says: %.*s", STR_FMT(said));
    }
}

static const char *how(const struct eid_client *c)
{
    return c->auth_key != NULL        ? "the public half of its key"
           : c->client_secret != NULL ? "client secret"
                                      : "authentication (none here)";
}

enum eid_code refusal_of_client(struct work *w, const struct eid_client *c, const char *where,
                                int status)
{
    return work_fail(w, EID_CLIENT_REFUSED,
                     "%.120s: status %d: client \"%.60s\" is unknown at issuer %.100s, or its "
                     "registration has another %s",
                     where, status, c->client_id, c->issuer, how(c));
}

enum eid_code refusal_judge(struct work *w, const struct eid_client *c, struct str error,
                            struct str description, const char *where)
{
    work_oauth(w, error);
    if (str_eqz(error, "invalid_client")) {
        work_fail(w, EID_CLIENT_REFUSED,
                  "%.100s: invalid_client: \"%.60s\" is unknown at issuer %.100s, or its "
                  "registration has another %s",
                  where, c->client_id, c->issuer, how(c));
        if (c->auth_key != NULL) {
            skew_hint(w, c);
        }
        add_description(w, description);
        return EID_CLIENT_REFUSED;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (str_eqz(error, known[i].error)) {
            work_fail(w, known[i].code, "%.120s: %s: %s", where, known[i].error, known[i].cure);
            if (str_eqz(error, "invalid_dpop_proof")) {
                skew_hint(w, c);
            }
            add_description(w, description);
            return known[i].code;
        }
    }
    work_fail(w, EID_REQUEST_REFUSED, "%.120s: error \"%s\"", where, w->error.oauth);
    add_description(w, description);
    return EID_REQUEST_REFUSED;
}

enum eid_code refusal_read(struct work *w, const struct eid_client *c, const json_t *answer,
                           const char *where)
{
    return refusal_judge(w, c, json_member(answer, "error"),
                         json_member(answer, "error_description"), where);
}
