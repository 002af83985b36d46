/* oidc/pkce: everything but S256 done right is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/arena.h"
#include "oidc/pkce.h"

/* The example of RFC 7636 appendix B. */
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

static void refuses_a_request_without_a_challenge(void **state)
{
    (void)state;
    assert_int_equal(pkce_challenge_check(STR_NONE, STR_NONE, true), REFUSE_PKCE_MISSING);
    assert_int_equal(pkce_challenge_check(STR_NONE, STR("S256"), false), REFUSE_PKCE_MISSING);
}

/* spec: RFC 7636 §4.3 absent means plain */
static void refuses_plain_said_or_silent(void **state)
{
    (void)state;
    assert_int_equal(pkce_challenge_check(STR(CHALLENGE), STR("plain"), true), REFUSE_PKCE_METHOD);
    assert_int_equal(pkce_challenge_check(STR(CHALLENGE), STR_NONE, true), REFUSE_PKCE_METHOD);
    assert_int_equal(pkce_challenge_check(STR(CHALLENGE), STR("s256"), true), REFUSE_PKCE_METHOD);
}

static void refuses_a_challenge_that_is_no_digest(void **state)
{
    (void)state;
    static const char *const bad[] = {"short", CHALLENGE "A", CHALLENGE "=",
                                      "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM",
                                      "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(pkce_challenge_check(str_from(bad[i]), STR("S256"), true),
                         REFUSE_PKCE_CHALLENGE);
    }
}

/* spec: RFC 7636 §4.6
 * spec: RFC 7636 §4.1 */
static void refuses_a_wrong_missing_or_unasked_verifier(void **state)
{
    (void)state;
    assert_int_equal(pkce_verify(STR(CHALLENGE), STR_NONE), REFUSE_VERIFIER_MISSING);
    assert_int_equal(pkce_verify(STR(CHALLENGE), STR(CHALLENGE)), REFUSE_VERIFIER);
    assert_int_equal(pkce_verify(STR(CHALLENGE), STR("short")), REFUSE_VERIFIER);
    /* spec: RFC 9700 §4.8.2 */
    assert_int_equal(pkce_verify(STR_NONE, STR(VERIFIER)), REFUSE_VERIFIER_UNASKED);
}

static void accepts_the_example_of_the_rfc(void **state)
{
    (void)state;
    assert_int_equal(pkce_challenge_check(STR(CHALLENGE), STR("S256"), true), REFUSE_NOTHING);
    assert_int_equal(pkce_verify(STR(CHALLENGE), STR(VERIFIER)), REFUSE_NOTHING);
}

static void lets_the_named_weakness_go_without(void **state)
{
    (void)state;
    assert_int_equal(pkce_challenge_check(STR_NONE, STR_NONE, false), REFUSE_NOTHING);
    assert_int_equal(pkce_verify(STR_NONE, STR_NONE), REFUSE_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_request_without_a_challenge),
        cmocka_unit_test(refuses_plain_said_or_silent),
        cmocka_unit_test(refuses_a_challenge_that_is_no_digest),
        cmocka_unit_test(refuses_a_wrong_missing_or_unasked_verifier),
        cmocka_unit_test(accepts_the_example_of_the_rfc),
        cmocka_unit_test(lets_the_named_weakness_go_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
