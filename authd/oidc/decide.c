/* The order matters: who it is, how fresh, how sure, and only then what to agree to. */
#include "oidc/decide.h"

static enum step refused(enum refusal reason, enum refusal *why)
{
    *why = reason;
    return STEP_REFUSE;
}

/* A new login would help: asked for, unless the client wants no page, or it has just happened. */
static enum step login_or(const struct situation *s, enum refusal reason, enum refusal silent,
                          enum refusal *why)
{
    if (s->authenticated_now) {
        return refused(reason, why);
    }
    /* spec: OpenID Core §3.1.2.1:none prompt=none MUST NOT display any page; an error is returned
     */
    return s->request->prompt_none ? refused(silent, why) : STEP_LOGIN;
}

static bool too_old(const struct situation *s)
{
    int64_t max_age = s->request->max_age;
    if (max_age < 0 || s->authenticated_now) {
        return false;
    }
    /* spec: OpenID Core §3.1.2.1:max_age if the elapsed time is greater than max_age, the OP MUST
     * actively re-authenticate */
    return max_age == 0 || s->now - s->auth_time > max_age;
}

/* Assurance: the client's floor and essential context classes must be met; voluntary ones should.
 */
static enum step levels_step(const struct situation *s, enum refusal *why)
{
    const struct authorize_request *q = s->request;
    struct levels floor = {s->client->account_level_floor, s->client->authentication_level_floor};
    struct levels after_login = {s->levels.account, ACR_AUTHENTICATION_REACHABLE};
    if (!levels_meet(s->levels, floor)) {
        return levels_meet(after_login, floor)
                   ? login_or(s, REFUSE_LEVEL, REFUSE_LOGIN_REQUIRED, why)
                   : refused(REFUSE_LEVEL, why);
    }
    /* spec: OpenID Core §5.5.1.1 an essential acr that is not met MUST be a failed authentication
     */
    if (str_is(q->acr_essential) && !acr_meets_one(s->levels, q->acr_essential)) {
        return acr_login_could_meet(s->levels, q->acr_essential)
                   ? login_or(s, REFUSE_LEVEL, REFUSE_LOGIN_REQUIRED, why)
                   : refused(REFUSE_LEVEL, why);
    }
    bool wished = str_is(q->acr_voluntary) && !acr_meets_one(s->levels, q->acr_voluntary);
    if (wished && !q->prompt_none && !s->authenticated_now &&
        s->levels.authentication < ACR_AUTHENTICATION_REACHABLE &&
        acr_login_could_meet(s->levels, q->acr_voluntary)) {
        return STEP_LOGIN;
    }
    return STEP_FINISH;
}

/* Does something show that the program that gets the code is the one that was registered: its
 * credentials, or an https address that is its own?  An app's private scheme or loopback port may
 * belong to any other app (RFC 8252 §8.6, RFC 6749 §10.2). */
static bool is_assured(const struct situation *s)
{
    return s->client->auth_method != CLIENT_AUTH_NONE || !s->client->native ||
           str_starts(s->request->redirect_uri, STR("https://"));
}

/* spec: OpenID Core §3.1.2.4 MUST obtain an authorization decision before it releases information
 */
static enum step consent_step(const struct situation *s, enum refusal *why)
{
    const struct authorize_request *q = s->request;
    if (s->agreed_now) {
        return STEP_FINISH;
    }
    /* spec: OpenID Core §3.1.2.1:consent MUST prompt for consent before it answers */
    if (q->prompt_consent) {
        return STEP_CONSENT;
    }
    if (is_assured(s) && (s->client->consent_exempt || s->agreed_before)) {
        return STEP_FINISH;
    }
    return q->prompt_none ? refused(REFUSE_CONSENT_REQUIRED, why) : STEP_CONSENT;
}

enum step authorize_decide(const struct situation *s, enum refusal *why)
{
    const struct authorize_request *q = s->request;
    if (!s->has_session) {
        return q->prompt_none ? refused(REFUSE_LOGIN_REQUIRED, why) : STEP_LOGIN;
    }
    /* spec: OpenID Core §3.1.2.3:login prompt=login: the OP MUST re-authenticate */
    if (q->prompt_login && !s->authenticated_now) {
        return STEP_LOGIN;
    }
    if (q->prompt_select && !s->chosen && !s->authenticated_now) {
        return STEP_SELECT;
    }
    /* spec: OpenID Core §3.1.2.2:person MUST NOT reply with a token for a different person than
     * asked for
     */
    if (s->other_person) {
        return login_or(s, REFUSE_OTHER_PERSON, REFUSE_OTHER_PERSON, why);
    }
    if (too_old(s)) {
        return login_or(s, REFUSE_LOGIN_REQUIRED, REFUSE_LOGIN_REQUIRED, why);
    }
    enum step step = levels_step(s, why);
    return step == STEP_FINISH ? consent_step(s, why) : step;
}
