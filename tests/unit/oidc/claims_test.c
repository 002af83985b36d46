/* oidc/claims: the claims parameter, malformed and well formed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/arena.h"
#include "oidc/claims.h"
#include "registration/member.h"

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
    assert_true(str_eqz(out.kept, "{\"id_token\":[\"birthdate\"],\"userinfo\":[\"name\"],"
                                  "\"essential\":[\"name\"]}"));
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

/* spec: OpenID Core §5.5.1 essential true, and those the service can do without */
static void tells_essential_and_voluntary_claims_from_the_rest(void **state)
{
    (void)state;
    struct claims_request out;
    assert_int_equal(read_claims("{\"id_token\":{\"birthdate\":{\"essential\":true}},\"userinfo\":"
                                 "{\"name\":null,\"gender\":{\"essential\":false}}}",
                                 &out),
                     REFUSE_NOTHING);
    assert_true(str_eqz(out.kept,
                        "{\"id_token\":[\"birthdate\"],\"userinfo\":[\"name\",\"gender\"],"
                        "\"essential\":[\"birthdate\"],\"voluntary\":[\"gender\"]}"));
}

/* The registration knows the same claims as this table. */
static void every_claim_may_be_named_in_a_registration(void **state)
{
    (void)state;
    struct config config = {0};
    for (const struct claim *c = CLAIMS_OF_PEOPLE; c->name != NULL; c++) {
        json_t *list = json_own(a, json_pack("[s]", c->name));
        assert_int_equal(member_check(&config, "required_claims", list), OK);
        assert_int_equal(member_check(&config, "voluntary_claims", list), OK);
    }
    json_t *none = json_own(a, json_pack("[s]", "shoe_size"));
    assert_int_equal(member_check(&config, "required_claims", none), ERR_INPUT);
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
        T(tells_essential_and_voluntary_claims_from_the_rest),
        T(every_claim_may_be_named_in_a_registration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
