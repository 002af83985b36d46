/* See verdict.h.  The rules are decide.c's; here is what they are asked about. */
#include "oidc/verdict.h"

enum err verdict_find(struct req *r, const struct party *p, const struct authorize_request *q,
                      const struct login_row *login, struct verdict *out)
{
    struct situation s;
    struct verdict v = {.why = REFUSE_NOTHING};
    struct consent_row consent;
    TRY(session_now_agreed(r, p->client.id, &v.found, &v.sso, &consent));
    TRY(situation_of(r, p, q, login, v.found, &v.sso, &s));
    if (v.found) {
        TRY(agreement_of(r, p, q, &consent, &v.agreement));
        s.agreed_before = v.agreement.covers;
    }
    v.step = authorize_decide(&s, &v.why);
    *out = v;
    return OK;
}
