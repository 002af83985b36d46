/* What the outcome of a delivery means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "courier/patience.h"

static void does_not_take_other_answers_for_success(void **state)
{
    (void)state;
    static const long answers[] = {0, 201, 202, 301, 302, 307, 400, 401, 404, 500, 503};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        assert_int_equal(patience_judge(answers[i], 1, 0), VERDICT_AGAIN);
    }
}

static void gives_up_after_a_day(void **state)
{
    (void)state;
    assert_int_equal(patience_judge(503, 30, PATIENCE_ENDS_S - 1), VERDICT_AGAIN);
    assert_int_equal(patience_judge(503, 30, PATIENCE_ENDS_S), VERDICT_GIVEN_UP);
    assert_int_equal(patience_judge(0, 30, PATIENCE_ENDS_S), VERDICT_GIVEN_UP);
}

/* spec: OpenID Connect Back-Channel Logout 1.0 §2.8:op */
static void believes_a_portal_that_keeps_refusing(void **state)
{
    (void)state;
    assert_int_equal(patience_judge(400, PATIENCE_REFUSALS - 1, 10), VERDICT_AGAIN);
    assert_int_equal(patience_judge(400, PATIENCE_REFUSALS, 10), VERDICT_GIVEN_UP);
}

/* spec: OpenID Connect Back-Channel Logout 1.0 §2.8:op */
static void takes_200_and_204_for_success(void **state)
{
    (void)state;
    assert_int_equal(patience_judge(200, 1, 0), VERDICT_DELIVERED);
    assert_int_equal(patience_judge(204, 40, 2 * PATIENCE_ENDS_S), VERDICT_DELIVERED);
}

static void waits_twice_as_long_each_time_up_to_an_hour(void **state)
{
    (void)state;
    assert_int_equal(patience_delay_s(1, 0), 1);
    assert_int_equal(patience_delay_s(2, 0), 2);
    assert_int_equal(patience_delay_s(5, 0), 16);
    assert_int_equal(patience_delay_s(12, 0), 2048);
    assert_int_equal(patience_delay_s(13, 0), 3600);
    assert_int_equal(patience_delay_s(UINT32_MAX, 0), 3600);
}

static void waits_as_long_as_it_is_asked_to_within_reason(void **state)
{
    (void)state;
    assert_int_equal(patience_delay_s(1, 120), 120);
    assert_int_equal(patience_delay_s(10, 5), 512);
    assert_int_equal(patience_delay_s(1, 1000000), 3600);
    assert_int_equal(patience_delay_s(1, -5), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_not_take_other_answers_for_success),
        cmocka_unit_test(gives_up_after_a_day),
        cmocka_unit_test(believes_a_portal_that_keeps_refusing),
        cmocka_unit_test(takes_200_and_204_for_success),
        cmocka_unit_test(waits_twice_as_long_each_time_up_to_an_hour),
        cmocka_unit_test(waits_as_long_as_it_is_asked_to_within_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
