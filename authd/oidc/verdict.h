/* What the session at this browser allows now: asked when an authorization begins, and again when
 * the person comes back from the pages. */
#ifndef OIDC_VERDICT_H
#define OIDC_VERDICT_H
#include "oidc/issue.h"

struct verdict {
    enum step step;
    enum refusal why; /* with STEP_REFUSE */
    bool found;       /* somebody is logged in: */
    struct sso sso;
    struct agreement agreement;
};
/* login: NULL when there is none yet.  Waits.  ERR_DENIED: the signer does not accept the session;
 * see session_refused. */
CHECKED enum err verdict_find(struct req *r, const struct party *p,
                              const struct authorize_request *q, const struct login_row *login,
                              struct verdict *out);

#endif
