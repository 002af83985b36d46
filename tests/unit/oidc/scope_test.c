/* oidc/scope: nobody gets more than he is registered for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/arena.h"
#include "oidc/scope.h"

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

static struct client with_scope(const char *first, const char *second, const char *third)
{
    struct str *v = arena_array(a, 3, sizeof(struct str));
    v[0] = str_from(first);
    v[1] = str_from(second);
    v[2] = str_from(third);
    return (struct client){.scope = {v, 3}};
}

static void leaves_out_what_is_not_registered(void **state)
{
    (void)state;
    struct client c = with_scope("openid", "email", "tax.read");
    assert_true(str_eqz(scope_allowed(a, &c, STR("profile personal_number")), ""));
    assert_true(str_eqz(scope_allowed(a, &c, STR("openid profile email openid")), "openid email"));
    assert_true(str_eqz(scope_allowed(a, &c, STR("  email   openid ")), "email openid"));
}

static void never_gives_a_client_itself_scopes_of_people(void **state)
{
    (void)state;
    struct client c = with_scope("openid", "email", "tax.read");
    struct str out = STR("kept");
    assert_false(scope_of_client(a, &c, STR("openid"), &out));
    assert_false(scope_of_client(a, &c, STR("tax.read email"), &out));
    assert_false(scope_of_client(a, &c, STR("tax.write"), &out));
    assert_true(str_eqz(out, "kept"));
    assert_true(scope_of_client(a, &c, STR_NONE, &out));
    assert_true(str_eqz(out, "tax.read"));
}

/* spec: RFC 6749 §3.3 the order does not matter */
static void knows_parts_and_unions(void **state)
{
    (void)state;
    assert_false(scope_within(STR("openid email"), STR("openid")));
    assert_false(scope_within(STR("open"), STR("openid")));
    assert_true(scope_within(STR(""), STR("openid")));
    assert_true(scope_within(STR("email openid"), STR("openid email")));
    assert_true(str_eqz(scope_union(a, STR("a b"), STR("b c")), "a b c"));
    assert_true(str_eqz(scope_without(a, STR("a b c"), STR("b")), "a c"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(leaves_out_what_is_not_registered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(never_gives_a_client_itself_scopes_of_people, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(knows_parts_and_unions, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
