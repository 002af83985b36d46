/* jose/jwt: claims that must not pass, at their edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/arena.h"
#include "base/json.h"
#include "jose/jwt.h"

#define NOW 1700000000

static struct arena *a;

static int set_up(void **state)
{
    (void)state;
    a = arena_new(0);
    return a == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static const struct str us[] = {{"portal", 6}};

static struct jwt_expect usual(void)
{
    return (struct jwt_expect){.issuer = STR("https://id"),
                               .audiences = us,
                               .n_audiences = 1,
                               .nonce = STR("n-1"),
                               .now = NOW,
                               .skew_s = 10};
}

static enum err check(const char *claims, const struct jwt_expect *expect)
{
    json_t *object = NULL;
    assert_int_equal(json_read_in(a, str_from(claims), &object), OK);
    return jwt_check(object, expect);
}

/* Of two nodes one is a little ahead; that what is over is over changes nothing in that. */
static void an_issuer_may_be_ahead(void **state)
{
    (void)state;
    static const struct {
        const char *claims;
        enum err result;
    } cases[] = {{"{\"exp\":1700000100,\"iat\":1700000006}", ERR_DENIED},
                 {"{\"exp\":1700000100,\"nbf\":1700000006}", ERR_DENIED},
                 {"{\"exp\":1700000000}", ERR_EXPIRED},
                 {"{\"exp\":1700000100,\"iat\":1700000005,\"nbf\":1700000005}", OK}};
    struct jwt_expect e = {.now = NOW, .ahead_s = 5};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(check(cases[i].claims, &e), cases[i].result);
    }
}

/* spec: RFC 7519 §2, §4.1.1, §4.1.3, §4.1.4, §4.1.5; RFC 8725 §3.8, §3.9 */
static void judges_each_claim(void **state)
{
    (void)state;
    static const struct {
        const char *claims;
        enum err result;
    } cases[] = {
        {"{\"iss\":\"https://id\",\"aud\":\"portal\",\"nonce\":\"n-1\",\"exp\":1700000001}", OK},
        {"{\"iss\":\"https://id\",\"aud\":[\"x\",\"portal\"],\"nonce\":\"n-1\",\"exp\":1700000001}",
         OK},
        {"[]", ERR_INPUT},
        {"{\"iss\":\"https://id/\",\"aud\":\"portal\",\"nonce\":\"n-1\",\"exp\":1700000001}",
         ERR_DENIED},
        {"{\"aud\":\"portal\",\"nonce\":\"n-1\",\"exp\":1700000001}", ERR_DENIED},
        {"{\"iss\":[\"https://id\"],\"aud\":\"portal\",\"nonce\":\"n-1\",\"exp\":1700000001}",
         ERR_DENIED},
        {"{\"iss\":\"https://id\",\"nonce\":\"n-1\",\"exp\":1700000001}", ERR_DENIED},
        {"{\"iss\":\"https://id\",\"aud\":[],\"nonce\":\"n-1\",\"exp\":1700000001}", ERR_DENIED},
        {"{\"iss\":\"https://id\",\"aud\":[[\"portal\"]],\"nonce\":\"n-1\",\"exp\":1700000001}",
         ERR_DENIED},
        {"{\"iss\":\"https://id\",\"aud\":\"portal2\",\"nonce\":\"n-1\",\"exp\":1700000001}",
         ERR_DENIED},
        {"{\"iss\":\"https://id\",\"aud\":{\"portal\":1},\"nonce\":\"n-1\",\"exp\":1700000001}",
         ERR_DENIED},
        {"{\"iss\":\"https://id\",\"aud\":\"portal\",\"nonce\":\"n-2\",\"exp\":1700000001}",
         ERR_DENIED},
        {"{\"iss\":\"https://id\",\"aud\":\"portal\",\"exp\":1700000001}", ERR_DENIED},
        {"{\"iss\":\"https://id\",\"aud\":\"portal\",\"nonce\":\"n-1\"}", ERR_DENIED},
        {"{\"iss\":\"https://id\",\"aud\":\"portal\",\"nonce\":\"n-1\",\"exp\":1699999990}",
         ERR_EXPIRED},
        {"{\"iss\":\"https://id\",\"aud\":\"portal\",\"nonce\":\"n-1\",\"exp\":1699999991}", OK},
        {"{\"iss\":\"https://id\",\"aud\":\"portal\",\"nonce\":\"n-1\",\"exp\":1}", ERR_EXPIRED},
        {"{\"iss\":\"https://id\",\"aud\":\"portal\",\"nonce\":\"n-1\",\"exp\":-1}", ERR_INPUT},
        {"{\"iss\":\"https://id\",\"aud\":\"portal\",\"nonce\":\"n-1\",\"exp\":9007199254740992}",
         ERR_INPUT},
        {"{\"iss\":\"https://"
         "id\",\"aud\":\"portal\",\"nonce\":\"n-1\",\"exp\":9223372036854775807}",
         ERR_INPUT},
        {"{\"iss\":\"https://id\",\"aud\":\"portal\",\"nonce\":\"n-1\",\"exp\":1.7e9}", ERR_INPUT},
        {"{\"iss\":\"https://id\",\"aud\":\"portal\",\"nonce\":\"n-1\",\"exp\":\"1700000001\"}",
         ERR_INPUT},
        {"{\"iss\":\"https://id\",\"aud\":\"portal\",\"nonce\":\"n-1\",\"exp\":true}", ERR_INPUT},
        {"{\"iss\":\"https://"
         "id\",\"aud\":\"portal\",\"nonce\":\"n-1\",\"exp\":1700000001,\"nbf\":1700000011}",
         ERR_DENIED},
        {"{\"iss\":\"https://"
         "id\",\"aud\":\"portal\",\"nonce\":\"n-1\",\"exp\":1700000001,\"nbf\":1700000010}",
         OK},
        {"{\"iss\":\"https://"
         "id\",\"aud\":\"portal\",\"nonce\":\"n-1\",\"exp\":1700000001,\"nbf\":\"x\"}",
         ERR_INPUT},
        {"{\"iss\":\"https://"
         "id\",\"aud\":\"portal\",\"nonce\":\"n-1\",\"exp\":1700000001,\"iat\":1700000011}",
         ERR_DENIED},
        {"{\"iss\":\"https://"
         "id\",\"aud\":\"portal\",\"nonce\":\"n-1\",\"exp\":1700000001,\"iat\":null}",
         ERR_INPUT},
    };
    struct jwt_expect expect = usual();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(check(cases[i].claims, &expect), cases[i].result);
    }
}

static void an_age_needs_iat_and_a_life_has_an_end(void **state)
{
    (void)state;
    struct jwt_expect e = {.now = NOW, .skew_s = 5, .max_age_s = 60, .exp_optional = true};
    assert_int_equal(check("{}", &e), ERR_DENIED);
    assert_int_equal(check("{\"iat\":1699999934}", &e), ERR_EXPIRED);
    assert_int_equal(check("{\"iat\":1699999935}", &e), OK);
    e = (struct jwt_expect){.now = NOW, .max_life_s = 300};
    assert_int_equal(check("{\"exp\":1700000301}", &e), ERR_DENIED);
    assert_int_equal(check("{\"exp\":1700000300}", &e), OK);
}

static void required_claims_and_subject(void **state)
{
    (void)state;
    static const char *const required[] = {"jti", "sub", NULL};
    struct jwt_expect e = {.now = NOW, .required = required, .exp_optional = true};
    assert_int_equal(check("{\"sub\":\"x\"}", &e), ERR_DENIED);
    assert_int_equal(check("{\"sub\":\"x\",\"jti\":\"y\"}", &e), OK);
    e = (struct jwt_expect){.now = NOW, .subject = STR("x"), .exp_optional = true};
    assert_int_equal(check("{\"sub\":\"y\"}", &e), ERR_DENIED);
    assert_int_equal(check("{\"sub\":\"x\"}", &e), OK);
}

/* spec: RFC 7519 §4 MUST reject duplicate claim names
 * spec: RFC 7519 §7.2 */
static void claims_must_be_an_object_with_unique_names(void **state)
{
    (void)state;
    json_t *out = NULL;
    static const struct str bad[] = {STR("[]"), STR("{\"sub\":\"a\",\"sub\":\"b\"}"), STR(""),
                                     STR("7"), STR("{\"a\":1}x")};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct jws jws = {.payload = bad[i]};
        assert_int_equal(jwt_claims(a, &jws, &out), ERR_INPUT);
        assert_null(out);
    }
}

static void opens_a_token_from_its_text(void **state)
{
    (void)state;
    EVP_PKEY *key = NULL;
    EVP_MD_CTX *template = NULL;
    json_t *jwk = NULL;
    struct jwks *keys = NULL;
    struct str token;
    assert_int_equal(alg_key_new(ALG_EDDSA, 0, &key), OK);
    assert_int_equal(alg_sign_template(ALG_EDDSA, key, &template), OK);
    assert_null(template);
    assert_int_equal(jwk_write(key, ALG_EDDSA, STR("e"), &jwk), OK);
    json_t *set = json_own(a, json_pack("{s:[o]}", "keys", jwk));
    assert_int_equal(jwks_read_json(set, ALG_UNSET, &keys), OK);
    assert_int_equal(jws_sign(a, ALG_EDDSA, key, template, STR("e"), "at+jwt",
                              STR("{\"iss\":\"https://id\",\"aud\":\"portal\",\"exp\":1700000100,"
                                  "\"nonce\":\"n-1\"}"),
                              &token),
                     OK);
    struct jwt_expect expect = usual();
    json_t *claims = NULL;
    assert_int_equal(jwt_open(a, token, keys, "JWT", &expect, &claims), ERR_AUTH);
    expect.now += 200;
    assert_int_equal(jwt_open(a, token, keys, "at+jwt", &expect, &claims), ERR_EXPIRED);
    assert_null(claims);
    expect.now -= 200;
    assert_int_equal(jwt_open(a, token, keys, "at+jwt", &expect, &claims), OK);
    assert_true(str_eqz(json_member(claims, "iss"), "https://id"));
    assert_int_equal(jwt_audience_count(claims), 1);
    jwks_free(keys);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_each_claim),
        cmocka_unit_test(an_issuer_may_be_ahead),
        cmocka_unit_test(an_age_needs_iat_and_a_life_has_an_end),
        cmocka_unit_test(required_claims_and_subject),
        cmocka_unit_test(claims_must_be_an_object_with_unique_names),
        cmocka_unit_test(opens_a_token_from_its_text),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
