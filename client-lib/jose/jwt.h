/* Claims of JSON Web Tokens: RFC 7519, RFC 9068, OpenID Connect Core section 3.1.3.7.
 *
 * jwt_check judges claims only and is pure: the time is an argument.  jwt_open does everything from
 * the text on: signature first, then the claims. */
#ifndef JOSE_JWT_H
#define JOSE_JWT_H
#include "jose/jws.h"

/* What the claims must be.  Zero or absent members are not asked for, except exp, which is required
 * unless exp_optional. */
struct jwt_expect {
    struct str issuer;           /* iss, byte for byte */
    const struct str *audiences; /* one of these must be in aud, when n_audiences > 0 */
    size_t n_audiences;
    struct str subject;          /* sub */
    struct str nonce;            /* compared in constant time */
    const char *const *required; /* names ended by NULL that must be there, whatever their value */
    int64_t now;                 /* seconds since 1970 */
    int64_t skew_s;              /* tolerance for exp, nbf, iat */
    int64_t ahead_s;             /* tolerance for nbf and iat besides: the issuer's clock */
    int64_t max_age_s;           /* iat must be there and not older */
    int64_t max_life_s;          /* exp must not be further than this from now */
    bool exp_optional;
};

/* ERR_INPUT: a claim has the wrong type.  ERR_EXPIRED: exp has passed, or iat is too old.
 * ERR_DENIED: another expectation is not met. */
CHECKED enum err jwt_check(const json_t *claims, const struct jwt_expect *expect);

/* jws_open, then the payload as an object, then jwt_check.  Claims are owned by the arena. */
CHECKED enum err jwt_open(struct arena *a, struct str token, const struct jwks *keys,
                          const char *typ, const struct jwt_expect *expect, json_t **out);
/* The claims of a token whose signature the caller verified himself. */
CHECKED enum err jwt_claims(struct arena *a, const struct jws *jws, json_t **out);

/* aud is a string or an array of strings; does it contain this one? */
bool jwt_audience_has(const json_t *claims, struct str audience);
size_t jwt_audience_count(const json_t *claims);
/* A NumericDate as a whole number between 0 and 2^53.  ERR_NOT_FOUND when absent, ERR_INPUT
 * otherwise. */
CHECKED enum err jwt_time(const json_t *claims, const char *name, int64_t *out);

#endif
