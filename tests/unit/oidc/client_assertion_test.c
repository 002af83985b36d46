/* oidc/client_assertion: private_key_jwt with real keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/arena.h"
#include "base/json.h"
#include "jose/jws.h"
#include "oidc/client_assertion.h"

#define NOW 1700000000
#define ISSUER "https://id.example"

static struct arena *a;
static EVP_PKEY *key;
static EVP_MD_CTX *context;
static struct client client;
static const struct str audiences[] = {{ISSUER, sizeof(ISSUER) - 1}};

static int set_up(void **state)
{
    (void)state;
    json_t *jwk = NULL;
    a = arena_new(0);
    if (a == NULL || alg_key_new(ALG_ES256, 0, &key) != OK ||
        alg_sign_template(ALG_ES256, key, &context) != OK ||
        jwk_write(key, ALG_ES256, STR("k1"), &jwk) != OK) {
        return 1;
    }
    json_t *set = json_own(a, json_pack("{s:[o]}", "keys", jwk));
    client = (struct client){.id = STR("portal"), .jwks = json_text(a, set)};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    arena_free(a);
    return 0;
}

static enum refusal judge_typed(const char *claims, const char *typ, struct assertion *out)
{
    struct str token;
    assert_int_equal(jws_sign(a, ALG_ES256, key, context, STR("k1"), typ, str_from(claims), &token),
                     OK);
    return assertion_check(a, &client, token, audiences, 1, NOW, out);
}

static enum refusal judge(const char *claims)
{
    struct assertion out;
    return judge_typed(claims, "JWT", &out);
}

#define WHO "\"iss\":\"portal\",\"sub\":\"portal\""
#define TO "\"aud\":\"" ISSUER "\""
#define END "\"exp\":1700000060"
#define ONCE "\"jti\":\"j1\""

/* spec: RFC 7523 §3:iss, §3:sub, §3:aud, §3:exp, §3:nbf, OpenID Core §9:jwt */
static void refuses_each_wrong_or_missing_claim(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{" WHO "," TO "," END "}",
        "{" WHO "," TO "," ONCE "}",
        "{" WHO "," END "," ONCE "}",
        "{\"iss\":\"portal\"," TO "," END "," ONCE "}",
        "{\"iss\":\"portal\",\"sub\":\"other\"," TO "," END "," ONCE "}",
        "{\"iss\":\"other\",\"sub\":\"portal\"," TO "," END "," ONCE "}",
        "{" WHO ",\"aud\":\"https://other.example\"," END "," ONCE "}",
        "{" WHO ",\"aud\":[\"" ISSUER "\",\"https://other.example\"]," END "," ONCE "}",
        "{" WHO "," TO ",\"exp\":1699999980," ONCE "}",
        "{" WHO "," TO ",\"exp\":1700009999," ONCE "}",
        "{" WHO "," TO "," END ",\"nbf\":1700000300," ONCE "}",
        "{" WHO "," TO "," END ",\"jti\":\"\"}",
        "{" WHO "," TO "," END ",\"jti\":7}",
        "[]",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (judge(bad[i]) != REFUSE_ASSERTION_CLAIMS) {
            print_error("%s\n", bad[i]);
            assert_true(false);
        }
    }
}

static void refuses_other_types_and_unknown_or_missing_keys(void **state)
{
    (void)state;
    struct assertion out;
    static const char *const good = "{" WHO "," TO "," END "," ONCE "}";
    assert_int_equal(judge_typed(good, "at+jwt", &out), REFUSE_ASSERTION_SIGNATURE);
    struct str token;
    assert_int_equal(jws_sign(a, ALG_ES256, key, context, STR("k2"), "JWT", str_from(good), &token),
                     OK);
    assert_int_equal(assertion_check(a, &client, token, audiences, 1, NOW, &out),
                     REFUSE_ASSERTION_KEY);
    assert_int_equal(assertion_check(a, &client, STR("a.b.c"), audiences, 1, NOW, &out),
                     REFUSE_ASSERTION_MALFORMED);
    client.jwks = STR_NONE;
    assert_int_equal(assertion_check(a, &client, token, audiences, 1, NOW, &out),
                     REFUSE_ASSERTION_NO_KEYS);
}

static void refuses_a_signature_by_another_key(void **state)
{
    (void)state;
    struct assertion out;
    struct str token;
    EVP_PKEY *other = NULL;
    EVP_MD_CTX *with = NULL;
    assert_int_equal(alg_key_new(ALG_ES256, 0, &other), OK);
    assert_int_equal(alg_sign_template(ALG_ES256, other, &with), OK);
    assert_int_equal(jws_sign(a, ALG_ES256, other, with, STR("k1"), "JWT",
                              STR("{" WHO "," TO "," END "," ONCE "}"), &token),
                     OK);
    assert_int_equal(assertion_check(a, &client, token, audiences, 1, NOW, &out),
                     REFUSE_ASSERTION_SIGNATURE);
    EVP_MD_CTX_free(with);
    EVP_PKEY_free(other);
}

static void accepts_a_good_assertion_of_both_types(void **state)
{
    (void)state;
    struct assertion out;
    static const char *const good = "{" WHO "," TO "," END "," ONCE "}";
    assert_int_equal(judge_typed(good, "JWT", &out), REFUSE_NOTHING);
    assert_true(str_eqz(out.jti, "j1"));
    assert_int_equal(out.expires_at, 1700000060);
    assert_int_equal(judge_typed(good, "client-authentication+jwt", &out), REFUSE_NOTHING);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(refuses_each_wrong_or_missing_claim),
        T(refuses_other_types_and_unknown_or_missing_keys),
        T(refuses_a_signature_by_another_key),
        T(accepts_a_good_assertion_of_both_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
