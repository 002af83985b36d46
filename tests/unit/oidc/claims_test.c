/* oidc/claims: the claims parameter, malformed and well formed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/arena.h"
#include "oidc/claims.h"

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

static struct client portal(void)
{
    static struct str scope[] = {{"openid", 6}, {"profile", 7}};
    return (struct client){.id = STR("portal"), .scope = {scope, 2}};
}

static enum refusal read_claims(const char *text, struct claims_request *out)
{
    struct client c = portal();
    return claims_read(a, &c, str_from(text), out);
}

static void refuses_what_is_not_the_shape_of_the_standard(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{",
        "[]",
        "\"name\"",
        "{\"id_token\":[]}",
        "{\"userinfo\":{\"name\":true}}",
        "{\"userinfo\":{\"name\":{\"essential\":\"yes\"}}}",
        "{\"id_token\":{\"acr\":{\"values\":\"urn:x\"}}}",
        "{\"id_token\":{\"acr\":{\"essential\":true,\"values\":[1]}}}",
        "{\"id_token\":{\"acr\":{\"value\":\"a b\"}}}",
        "{\"id_token\":{\"sub\":{\"values\":[\"a\",\"b\"]}}}",
        "{\"id_token\":{\"sub\":{\"value\":5}}}",
        "{\"id_token\":{},\"id_token\":{}}",
        "{\"id_token\":{\"acr\":{\"values\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\","
        "\"10\",\"11\"]}}}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct claims_request out = {.sub = STR("kept")};
        if (read_claims(bad[i], &out) != REFUSE_CLAIMS || !str_eqz(out.sub, "kept")) {
            print_error("%s\n", bad[i]);
            assert_true(false);
        }
    }
}

static void refuses_deep_and_long_input(void **state)
{
    (void)state;
    struct claims_request out;
    char *deep = arena_alloc(a, 4000);
    memset(deep, '[', 3000);
    assert_int_equal(read_claims(deep, &out), REFUSE_CLAIMS);
    char *large = arena_alloc(a, CLAIMS_PARAMETER_MAX + 3);
    memset(large, ' ', CLAIMS_PARAMETER_MAX + 1);
    memcpy(large, "{}", 2);
    assert_int_equal(read_claims(large, &out), REFUSE_CLAIMS);
}

/* spec: OpenID Core §5.5:unknown */
static void leaves_out_what_does_not_exist_or_is_not_registered(void **state)
{
    (void)state;
    struct claims_request out;
    assert_int_equal(read_claims("{\"userinfo\":{\"email\":null,\"shoe_size\":null,"
                                 "\"urn:authd:personal_number\":{\"essential\":true}}}",
                                 &out),
                     REFUSE_NOTHING);
    assert_null(out.kept.p);
}

static void keeps_what_is_registered_each_in_its_place(void **state)
{
    (void)state;
    struct claims_request out;
    assert_int_equal(read_claims("{\"id_token\":{\"birthdate\":null},\"userinfo\":{\"name\":"
                                 "{\"essential\":true}},\"other\":7}",
                                 &out),
                     REFUSE_NOTHING);
    assert_true(str_eqz(out.kept, "{\"id_token\":[\"birthdate\"],\"userinfo\":[\"name\"]}"));
    assert_true(str_eqz(claims_names(a, out.kept), "[\"birthdate\",\"name\"]"));
}

/* spec: OpenID Core §5.5.1.1 */
static void takes_essential_and_voluntary_acr_apart(void **state)
{
    (void)state;
    struct claims_request out;
    assert_int_equal(
        read_claims("{\"id_token\":{\"acr\":{\"essential\":true,\"values\":[\"a\",\"b\"]},"
                    "\"sub\":{\"value\":\"s\"}}}",
                    &out),
        REFUSE_NOTHING);
    assert_true(str_eqz(out.acr_essential, "a b"));
    assert_null(out.acr_voluntary.p);
    assert_true(str_eqz(out.sub, "s"));
    assert_int_equal(read_claims("{\"id_token\":{\"acr\":{\"value\":\"a\"}}}", &out),
                     REFUSE_NOTHING);
    assert_null(out.acr_essential.p);
    assert_true(str_eqz(out.acr_voluntary, "a"));
}

static void compares_and_joins_lists_of_names(void **state)
{
    (void)state;
    assert_false(claims_within(a, STR("[\"name\"]"), STR("[]")));
    assert_false(claims_within(a, STR("[\"name\"]"), STR_NONE));
    assert_true(claims_within(a, STR("[]"), STR_NONE));
    assert_true(claims_within(a, STR("[\"a\"]"), STR("[\"b\",\"a\"]")));
    assert_true(str_eqz(claims_union(a, STR("[\"a\"]"), STR("[\"a\",\"b\"]")), "[\"a\",\"b\"]"));
}

static void shows_scopes_and_the_claims_beyond_them(void **state)
{
    (void)state;
    struct words w;
    claims_shown(a, STR("openid profile offline_access"),
                 STR("{\"userinfo\":[\"name\",\"urn:authd:personal_number\"]}"), &w);
    assert_int_equal(w.n, 3);
    assert_true(str_eqz(w.v[0], "sub"));
    assert_true(str_eqz(w.v[1], "profile"));
    assert_true(str_eqz(w.v[2], "personal_number"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(refuses_what_is_not_the_shape_of_the_standard),
        T(refuses_deep_and_long_input),
        T(leaves_out_what_does_not_exist_or_is_not_registered),
        T(keeps_what_is_registered_each_in_its_place),
        T(takes_essential_and_voluntary_acr_apart),
        T(compares_and_joins_lists_of_names),
        T(shows_scopes_and_the_claims_beyond_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
