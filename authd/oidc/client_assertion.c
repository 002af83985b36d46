/* Verifying a client's assertion with its registered keys. */
#include "oidc/client_assertion.h"
#include "base/arena.h"
#include "jose/jwt.h"

#define JTI_MAX 256

static void free_jwks(void *set)
{
    jwks_free(set);
}

enum refusal assertion_check(struct arena *a, const struct client *c, struct str text,
                             const struct str *audiences, size_t n_audiences, int64_t now,
                             struct assertion *out)
{
    struct jws jws;
    struct jwks *keys = NULL;
    json_t *claims = NULL;
    int64_t expires = 0;
    if (!str_is(c->jwks)) {
        return REFUSE_ASSERTION_NO_KEYS;
    }
    if (jws_parse(a, text, &jws) != OK) {
        return REFUSE_ASSERTION_MALFORMED;
    }
    /* An RSA key that does not say what it is for is bound to the algorithm asked for, both of the
     * list. */
    enum alg rsa = jws.alg == ALG_RS256 ? ALG_RS256 : ALG_PS256;
    enum err e = jwks_read(c->jwks, rsa, &keys);
    if (e != OK) {
        return err_is_ours(e) ? REFUSE_LATER : REFUSE_ASSERTION_NO_KEYS;
    }
    arena_defer(a, free_jwks, keys);
    const struct jwk *key = jwks_find(keys, jws.kid, jws.alg);
    if (key == NULL) {
        return REFUSE_ASSERTION_KEY;
    }
    const char *typ =
        str_ieq(jws.typ, STR("client-authentication+jwt")) ? "client-authentication+jwt" : "JWT";
    /* spec: RFC 7523 §3:signature MUST be signed by the issuer, and MUST be rejected otherwise */
    e = jws_verify(&jws, key, typ);
    if (e != OK) {
        return err_is_ours(e) ? REFUSE_LATER : REFUSE_ASSERTION_SIGNATURE;
    }
    /* spec: RFC 7523 §3:iss, §3:sub, §3:aud, §3:exp, §3:nbf MUST; OpenID Core §9:jwt jti REQUIRED
     */
    static const char *const required[] = {"iss", "sub", "aud", "exp", "jti", NULL};
    struct jwt_expect expect = {.issuer = c->id,
                                .subject = c->id,
                                .audiences = audiences,
                                .n_audiences = n_audiences,
                                .required = required,
                                .now = now,
                                .skew_s = ASSERTION_SKEW_S,
                                .max_life_s = ASSERTION_LIFE_MAX_S};
    if (jwt_claims(a, &jws, &claims) != OK || jwt_check(claims, &expect) != OK ||
        jwt_audience_count(claims) != 1 || jwt_time(claims, "exp", &expires) != OK) {
        return REFUSE_ASSERTION_CLAIMS;
    }
    struct str jti = json_member(claims, "jti");
    if (!str_is(jti) || jti.n > JTI_MAX) {
        return REFUSE_ASSERTION_CLAIMS;
    }
    *out = (struct assertion){c->id, jti, expires};
    return REFUSE_NOTHING;
}
