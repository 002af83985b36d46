/* Who shares a statement: nobody waits alone, nobody for long. */
#include "store/company.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static void who_had_no_company_the_last_time_goes_at_once(void **state)
{
    (void)state;
    assert_int_equal(company_wait_ms(0, 1, 100, 0), 0); /* the first of all */
    assert_int_equal(company_wait_ms(1, 1, 100, 0), 0);
}

static void nobody_waits_longer_than_the_greatest_wait(void **state)
{
    (void)state;
    for (size_t last = 0; last < 300; last++) {
        for (size_t waiting = 1; waiting < 20; waiting++) {
            assert_in_range(company_wait_ms(last, waiting, 1000, 0), 0, COMPANY_WAIT_MAX_MS);
            assert_int_equal(company_wait_ms(last, waiting, 1000, COMPANY_WAIT_MAX_MS), 0);
            assert_int_equal(company_wait_ms(last, waiting, 1000, 60000), 0);
        }
    }
}

static void the_wait_is_what_the_last_company_was_worth(void **state)
{
    (void)state;
    assert_int_equal(company_wait_ms(4, 1, 100, 0), 3);
    assert_int_equal(company_wait_ms(4, 1, 100, 2), 1);
    assert_int_equal(company_wait_ms(4, 1, 100, 3), 0);
    assert_int_equal(company_wait_ms(200, 1, 100, 4), COMPANY_WAIT_MAX_MS - 4);
}

static void half_of_those_in_progress_need_not_wait_for_the_rest(void **state)
{
    (void)state;
    assert_int_equal(company_wait_ms(200, 1, 1, 0), 0);
    assert_int_equal(company_wait_ms(200, 50, 100, 0), 0);
    assert_int_not_equal(company_wait_ms(200, 49, 100, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_had_no_company_the_last_time_goes_at_once),
        cmocka_unit_test(nobody_waits_longer_than_the_greatest_wait),
        cmocka_unit_test(the_wait_is_what_the_last_company_was_worth),
        cmocka_unit_test(half_of_those_in_progress_need_not_wait_for_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
