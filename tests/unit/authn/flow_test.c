/* Which page a login in progress is at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "authn/flow.h"

static void a_login_that_is_over_goes_back_to_be_judged(void **state)
{
    (void)state;
    assert_int_equal(flow_place(LOGIN_REFUSED), PLACE_RESUME);
    assert_int_equal(flow_place(LOGIN_DONE), PLACE_RESUME);
    assert_int_equal(flow_place(LOGIN_CONSENT), PLACE_RESUME);
    assert_int_equal(flow_place(LOGIN_LOGIN), PLACE_LOGIN);
    assert_int_equal(flow_place(LOGIN_SELECT), PLACE_SELECT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_that_is_over_goes_back_to_be_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
