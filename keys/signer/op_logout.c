/* Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4), for the courier only.  They are of
 * their own type and carry no nonce, so they can't pass for ID tokens. */
#include "signer/state.h"
#include "signer/subject.h"
#include "signer/token.h"

#define LOGOUT_TOKEN_LIFETIME_S 120
#define LOGOUT_EVENT "{\"events\":{\"http://schemas.openid.net/event/backchannel-logout\":{}}}"

/* spec: Back-Channel Logout 1.0 §2.4:claims iss, aud, iat, exp, jti, events REQUIRED; sub or sid;
 * §2.4:nonce PROHIBITED */
enum err op_logout_token(struct arena *a, struct signer *s, enum channel from, struct str request,
                         struct str *answer)
{
    (void)from;
    struct signer_logout_token m;
    struct signer_logout_tokened out;
    const struct held_key *key;
    struct str sub;
    jwt_t *claims;
    enum alg alg = ALG_ES256;
    int64_t now = signer_now(s);
    TRY(get_signer_logout_token(a, request, &m));
    if (uuid_is_none(&m.subject) || uuid_is_none(&m.session) || !str_is(m.client_id) ||
        !str_is(m.jti)) {
        return fail(ERR_DENIED, "warrant: delivery: subject, session, client or row is missing");
    }
    if (str_is(m.alg) && !alg_from_name(m.alg, &alg)) {
        return fail(ERR_INPUT, "logout token: unknown algorithm");
    }
    /* spec: Back-Channel Logout §2.4:signed with the algorithm of the client's ID tokens */
    TRY(held_signing(s->keys, alg, now, &key));
    TRY(subject_text(a, s->keys, &m.subject, m.sector, &sub));
    TRY(claims_new(a, &claims));
    TRY(claims_text(a, claims, "iss", s->issuer));
    TRY(claims_text(a, claims, "sub", sub));
    TRY(claims_text(a, claims, "aud", m.client_id));
    TRY(claims_number(claims, "iat", now));
    TRY(claims_number(claims, "exp", now + LOGOUT_TOKEN_LIFETIME_S));
    TRY(claims_text(a, claims, "jti", m.jti));
    TRY(claims_text(a, claims, "sid", session_text(a, s->keys, &m.session, m.client_id)));
    TRY(claims_object(claims, a, STR(LOGOUT_EVENT)));
    TRY(token_make(a, key, TOKEN_LOGOUT, claims, &out.token));
    ANSWER(a, signer_logout_tokened, &out, answer);
    return OK;
}
