/* oidc/client_credentials: exactly one method, read strictly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/arena.h"
#include "oidc/client_credentials.h"

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

#define JWT_BEARER                                                                                 \
    "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
/* {"alg":"ES256"}.{"sub":"portal"}.signature */
#define ASSERTION "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJwb3J0YWwifQ.c2ln"

static enum refusal judge(const char *basic, const char *form, struct client_credentials *out)
{
    struct params ps;
    assert_int_equal(params_parse(a, str_from(form), &ps), OK);
    return client_credentials_read(a, str_from(basic), false, &ps, out);
}

/* spec: RFC 6749 §2.3 MUST NOT use more than one method */
static void refuses_two_methods_at_once(void **state)
{
    (void)state;
    struct client_credentials c;
    assert_int_equal(judge("cG9ydGFsOng=", "client_secret=x", &c), REFUSE_CLIENT_TWICE);
    assert_int_equal(judge("cG9ydGFsOng=", JWT_BEARER "&client_assertion=" ASSERTION, &c),
                     REFUSE_CLIENT_TWICE);
    assert_int_equal(judge(NULL, "client_id=portal&client_secret=x&" JWT_BEARER, &c),
                     REFUSE_CLIENT_TWICE);
}

static void refuses_malformed_basic_credentials(void **state)
{
    (void)state;
    struct client_credentials c;
    static const char *const bad[] = {
        "",
        "x",
        "cG9ydGFs" /* no colon */,
        "OnNlY3JldA==" /* no id */,
        "cG9ydGFsOng", /* no padding */
        "cG9ydGFsOiV6eg==" /* %zz */,
        "cG9ydGFsOmEmYg==" /* raw & */,
        "cG9ydGFsOgD/" /* bytes */,
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (judge(bad[i], "", &c) != REFUSE_BASIC_MALFORMED) {
            print_error("%s\n", bad[i]);
            assert_true(false);
        }
    }
}

static void refuses_names_that_disagree(void **state)
{
    (void)state;
    struct client_credentials c;
    assert_int_equal(judge("cG9ydGFsOng=", "client_id=other", &c), REFUSE_CLIENT_MISMATCH);
    assert_int_equal(judge(NULL, JWT_BEARER "&client_id=other&client_assertion=" ASSERTION, &c),
                     REFUSE_CLIENT_MISMATCH);
}

/* spec: RFC 7523 §2.2 */
static void refuses_assertions_of_other_kinds(void **state)
{
    (void)state;
    struct client_credentials c;
    assert_int_equal(judge(NULL, "client_assertion_type=saml&client_assertion=" ASSERTION, &c),
                     REFUSE_ASSERTION_TYPE);
    assert_int_equal(judge(NULL, "client_assertion=" ASSERTION, &c), REFUSE_ASSERTION_TYPE);
    assert_int_equal(judge(NULL, JWT_BEARER "&client_assertion=a.b", &c),
                     REFUSE_ASSERTION_MALFORMED);
}

static void refuses_nobody(void **state)
{
    (void)state;
    struct client_credentials c;
    struct params none = {NULL, 0};
    assert_int_equal(judge(NULL, "client_secret=x", &c), REFUSE_CLIENT_MISSING);
    assert_int_equal(judge(NULL, "grant_type=authorization_code", &c), REFUSE_CLIENT_MISSING);
    assert_int_equal(client_credentials_read(a, STR_NONE, true, &none, &c), REFUSE_CLIENT_METHOD);
}

/* spec: RFC 6749 §2.3.1 both are form-encoded */
static void decodes_both_halves_of_basic(void **state)
{
    (void)state;
    struct client_credentials c;
    /* por%2Dtal:a+b%3A */
    assert_int_equal(judge("cG9yJTJEdGFsOmErYiUzQQ==", "", &c), REFUSE_NOTHING);
    assert_true(str_eqz(c.client_id, "por-tal"));
    assert_true(str_eqz(c.secret, "a b:"));
    assert_int_equal(c.method, CLIENT_AUTH_BASIC);
}

static void reads_post_assertion_and_none(void **state)
{
    (void)state;
    struct client_credentials c;
    assert_int_equal(judge(NULL, "client_id=portal&client_secret=x", &c), REFUSE_NOTHING);
    assert_int_equal(c.method, CLIENT_AUTH_POST);
    assert_int_equal(judge(NULL, "client_id=portal", &c), REFUSE_NOTHING);
    assert_int_equal(c.method, CLIENT_AUTH_NONE);
    assert_int_equal(judge(NULL, JWT_BEARER "&client_assertion=" ASSERTION, &c), REFUSE_NOTHING);
    assert_int_equal(c.method, CLIENT_AUTH_PRIVATE_KEY_JWT);
    assert_true(str_eqz(c.client_id, "portal"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(refuses_two_methods_at_once),
        T(refuses_malformed_basic_credentials),
        T(refuses_names_that_disagree),
        T(refuses_assertions_of_other_kinds),
        T(refuses_nobody),
        T(decodes_both_halves_of_basic),
        T(reads_post_assertion_and_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
