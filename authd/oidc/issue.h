/* The end of an authorization: the agreed scope, the code, and the one statement that writes it
 * all. */
#ifndef OIDC_ISSUE_H
#define OIDC_ISSUE_H
#include "oidc/asks.h"
#include "oidc/pending.h"
#include "store/grant.h"

/* What of the request a remembered consent covers; reading it waits. */
struct agreement {
    bool known;             /* a consent is remembered */
    struct consent_row row; /* it */
    struct asks asks;       /* the lines of the request, answered from it */
    bool covers;            /* every one is decided */
};
CHECKED enum err agreement_find(struct req *r, const struct party *p,
                                const struct authorize_request *q, const struct sso *sso,
                                struct agreement *out);
/* The same from what was read with the session (session_now_agreed). */
CHECKED enum err agreement_of(struct req *r, const struct party *p,
                              const struct authorize_request *q, const struct consent_row *row,
                              struct agreement *out);
/* The audit entry of an authorization that was refused.  sso: who was logged in, or NULL. */
struct audit refusal_audit(struct req *r, const struct party *p, const struct sso *sso,
                           enum refusal why);
/* Issues the code and redirects to the client.  login: the login in progress it ends, or NULL. now:
 * the person has just decided, and the agreement's lines say what. ERR_CONFLICT when the login was
 * ended meanwhile; ERR_DENIED: see session_refused. */
CHECKED enum err code_issue(struct req *r, const struct party *p, const struct authorize_request *q,
                            const struct sso *sso, const struct login_row *login,
                            const struct agreement *agreement, bool now);

#endif
