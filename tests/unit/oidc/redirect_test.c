/* oidc/redirect: what is added to a registered URI. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/arena.h"
#include "oidc/redirect.h"

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

static void lets_no_value_break_out(void **state)
{
    (void)state;
    const struct param v[] = {{STR("state"), STR("a&code=x\r\nSet-Cookie: y#z")}};
    struct str uri = redirect_uri_with(a, STR("https://portal.example/cb"), v, 1);
    assert_true(
        str_eqz(uri, "https://portal.example/cb?state=a%26code%3Dx%0D%0ASet-Cookie%3A%20y%23z"));
}

/* spec: RFC 6749 §3.1.2:query the query component MUST be retained */
static void keeps_the_query_that_is_there(void **state)
{
    (void)state;
    const struct param v[] = {
        {STR("code"), STR("c")}, {STR("state"), STR_NONE}, {STR("iss"), STR("i")}};
    assert_true(str_eqz(redirect_uri_with(a, STR("https://p.example/cb?a=1"), v, 3),
                        "https://p.example/cb?a=1&code=c&iss=i"));
    assert_true(str_eqz(redirect_uri_with(a, STR("com.example.app:/cb"), v, 3),
                        "com.example.app:/cb?code=c&iss=i"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(lets_no_value_break_out),
        T(keeps_the_query_that_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
