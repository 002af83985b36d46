/* What comes next in an authorization: log in, choose an account, agree, finish, or refuse.  Pure:
 * the request, what is known of the session, and the time.  OpenID Connect Core section 3.1.2.3. */
#ifndef OIDC_DECIDE_H
#define OIDC_DECIDE_H
#include "oidc/authorize_request.h"

enum step { STEP_REFUSE, STEP_LOGIN, STEP_SELECT, STEP_CONSENT, STEP_FINISH };

struct situation {
    const struct authorize_request *request;
    const struct client *client;
    bool has_session; /* the rest of the session is only meant when true */
    struct levels levels;
    int64_t auth_time;
    bool other_person;      /* a person was asked for, and it is not this one */
    bool authenticated_now; /* logged in for this very request */
    bool chosen;            /* chose this account for this very request */
    bool agreed_before;     /* a remembered consent covers all of it */
    bool agreed_now;        /* agreed on the page for this very request */
    int64_t now;
};

/* *why is set with STEP_REFUSE only. */
enum step authorize_decide(const struct situation *s, enum refusal *why);

#endif
