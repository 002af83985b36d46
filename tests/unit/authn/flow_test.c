/* Which page a login in progress is at, and where its forms may lead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "authn/flow.h"
#include "base/arena.h"

static void a_login_that_is_over_goes_back_to_be_judged(void **state)
{
    (void)state;
    assert_int_equal(flow_place(LOGIN_REFUSED), PLACE_RESUME);
    assert_int_equal(flow_place(LOGIN_DONE), PLACE_RESUME);
    assert_int_equal(flow_place(LOGIN_CONSENT), PLACE_RESUME);
    assert_int_equal(flow_place(LOGIN_LOGIN), PLACE_LOGIN);
    assert_int_equal(flow_place(LOGIN_SELECT), PLACE_SELECT);
}

static void a_forms_answer_may_lead_to_the_services_origin_only(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    assert_true(
        str_eqz(flow_origin(a, STR("https://portal.example/cb?x=1")), "https://portal.example"));
    assert_true(str_eqz(flow_origin(a, STR("http://127.0.0.1:8081/cb")), "http://127.0.0.1:8081"));
    assert_true(str_eqz(flow_origin(a, STR("vn.example.app:/cb")), "vn.example.app:"));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_that_is_over_goes_back_to_be_judged),
        cmocka_unit_test(a_forms_answer_may_lead_to_the_services_origin_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
