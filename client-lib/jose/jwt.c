/* Judging claims, one rule per function, in the order of RFC 7519 section 4.1. */
#include "jose/jwt.h"
#include "base/ct.h"
#include "base/json.h"

#define TIME_END (INT64_C(1) << 53)

/* spec: RFC 7519 §2 NumericDate MUST be a number */
enum err jwt_time(const json_t *claims, const char *name, int64_t *out)
{
    if (json_object_get(claims, name) == NULL) {
        return fail(ERR_NOT_FOUND, "jwt: no %s", name);
    }
    int64_t v;
    if (!json_member_i64(claims, name, &v) || v < 0 || v >= TIME_END) {
        return fail(ERR_INPUT, "jwt: %s is not a time", name);
    }
    *out = v;
    return OK;
}

static bool is_this(const json_t *value, struct str expected)
{
    return json_is_string(value) &&
           str_eq(str_of(json_string_value(value), json_string_length(value)), expected);
}

bool jwt_audience_has(const json_t *claims, struct str audience)
{
    const json_t *aud = json_object_get(claims, "aud");
    if (!json_is_array(aud)) {
        return is_this(aud, audience);
    }
    for (size_t i = 0; i < json_array_size(aud); i++) {
        if (is_this(json_array_get(aud, i), audience)) {
            return true;
        }
    }
    return false;
}

size_t jwt_audience_count(const json_t *claims)
{
    const json_t *aud = json_object_get(claims, "aud");
    return json_is_array(aud) ? json_array_size(aud) : json_is_string(aud) ? 1 : 0;
}

/* spec: RFC 7519 §4.1.3, RFC 8725 §3.9 MUST reject when the principal does not identify itself with
 * an aud value
 */
static enum err check_audience(const json_t *claims, const struct jwt_expect *expect)
{
    if (expect->n_audiences == 0) {
        return OK;
    }
    for (size_t i = 0; i < expect->n_audiences; i++) {
        if (str_is(expect->audiences[i]) && jwt_audience_has(claims, expect->audiences[i])) {
            return OK;
        }
    }
    return fail(ERR_DENIED, "jwt: aud is not us");
}

/* spec: RFC 7519 §4.1.1, RFC 8725 §3.8 iss and sub MUST be the expected ones, character by
 * character */
static enum err check_text(const json_t *claims, const char *name, struct str expected)
{
    if (expected.p == NULL) {
        return OK;
    }
    struct str value = json_member(claims, name);
    if (value.p == NULL || !ct_str_equal(value, expected)) {
        return fail(ERR_DENIED, "jwt: %s is not the expected one", name);
    }
    return OK;
}

/* spec: RFC 7519 §4.1.4 exp MUST NOT be accepted on or after */
static enum err check_exp(const json_t *claims, const struct jwt_expect *expect)
{
    int64_t exp;
    enum err e = jwt_time(claims, "exp", &exp);
    if (e == ERR_NOT_FOUND && expect->exp_optional) {
        return OK;
    }
    if (e != OK) {
        return e == ERR_NOT_FOUND ? ERR_DENIED : e;
    }
    if (expect->now >= exp + expect->skew_s) {
        return fail(ERR_EXPIRED, "jwt: expired");
    }
    if (expect->max_life_s > 0 && exp > expect->now + expect->max_life_s + expect->skew_s) {
        return fail(ERR_DENIED, "jwt: exp is too far away");
    }
    return OK;
}

/* spec: RFC 7519 §4.1.5 nbf MUST NOT be accepted before */
static enum err check_nbf(const json_t *claims, const struct jwt_expect *expect)
{
    int64_t nbf;
    enum err e = jwt_time(claims, "nbf", &nbf);
    if (e == ERR_NOT_FOUND) {
        return OK;
    }
    if (e == OK && nbf > expect->now + expect->skew_s + expect->ahead_s) {
        return fail(ERR_DENIED, "jwt: not valid yet");
    }
    return e;
}

static enum err check_iat(const json_t *claims, const struct jwt_expect *expect)
{
    int64_t iat;
    enum err e = jwt_time(claims, "iat", &iat);
    if (e == ERR_NOT_FOUND && expect->max_age_s == 0) {
        return OK;
    }
    if (e != OK) {
        return e == ERR_NOT_FOUND ? ERR_DENIED : e;
    }
    if (iat > expect->now + expect->skew_s + expect->ahead_s) {
        return fail(ERR_DENIED, "jwt: issued in the future; compare the clocks");
    }
    if (expect->max_age_s > 0 && iat < expect->now - expect->max_age_s - expect->skew_s) {
        return fail(ERR_EXPIRED, "jwt: issued too long ago");
    }
    return OK;
}

enum err jwt_check(const json_t *claims, const struct jwt_expect *expect)
{
    if (!json_is_object(claims)) {
        return fail(ERR_INPUT, "jwt: claims are not an object");
    }
    TRY(check_text(claims, "iss", expect->issuer));
    TRY(check_text(claims, "sub", expect->subject));
    TRY(check_audience(claims, expect));
    TRY(check_exp(claims, expect));
    TRY(check_nbf(claims, expect));
    TRY(check_iat(claims, expect));
    TRY(check_text(claims, "nonce", expect->nonce));
    for (const char *const *name = expect->required; name != NULL && *name != NULL; name++) {
        if (json_object_get(claims, *name) == NULL) {
            return fail(ERR_DENIED, "jwt: no %s", *name);
        }
    }
    return OK;
}

/* spec: RFC 7519 §7.2 MUST be a UTF-8 encoded, valid JSON object */
enum err jwt_claims(struct arena *a, const struct jws *jws, json_t **out)
{
    json_t *claims = NULL;
    TRY(json_read_in(a, jws->payload, &claims));
    if (!json_is_object(claims)) {
        return fail(ERR_INPUT, "jwt: claims are not an object");
    }
    *out = claims;
    return OK;
}

enum err jwt_open(struct arena *a, struct str token, const struct jwks *keys, const char *typ,
                  const struct jwt_expect *expect, json_t **out)
{
    struct jws jws;
    json_t *claims = NULL;
    TRY(jws_open(a, token, keys, typ, &jws));
    TRY(jwt_claims(a, &jws, &claims));
    TRY(jwt_check(claims, expect));
    *out = claims;
    return OK;
}
