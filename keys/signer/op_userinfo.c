/* Userinfo: claims about exactly the person whose access token and grant proof are brought (OpenID
 * Connect Core 1.0 §5.3).  Whether the grant was revoked is asked of the database by the caller. */
#include "base/json.h"
#include "signer/id_token.h"
#include "signer/release.h"
#include "signer/state.h"
#include "signer/subject.h"

enum err op_userinfo(struct arena *a, struct signer *s, enum channel from, struct str request,
                     struct str *answer)
{
    (void)from;
    struct signer_userinfo m;
    struct proof p;
    struct str scope, sub;
    TRY(get_signer_userinfo(a, request, &m));
    TRY(warrant_access_token(a, s, m.access_token, m.grant_proof, &p, &scope));
    if (!str_words_have(scope, STR("openid"))) {
        return fail(ERR_DENIED, "warrant: the access token has no scope openid");
    }
    TRY(subject_text(a, s->keys, &p.subject, p.sector, &sub));
    json_t *claims = json_own(a, json_object());
    TRY(release_documents(a, s, &p, m.documents, m.n_documents, scope, "userinfo", claims));
    /* spec: OpenID Connect Core 1.0 §5.3.2:sub the sub MUST always be returned */
    if (json_object_set_new(claims, "sub", json_str(sub)) != 0 ||
        json_object_set_new(claims, CLAIM_ACCOUNT_LEVEL, json_integer(p.account_level)) != 0 ||
        json_object_set_new(claims, CLAIM_AUTHENTICATION_LEVEL,
                            json_integer(p.authentication_level)) != 0) {
        return fail(ERR_NO_MEMORY, "userinfo: no memory");
    }
    struct signer_userinfoed out = {.claims = json_text(a, claims)};
    ANSWER(a, signer_userinfoed, &out, answer);
    return OK;
}
