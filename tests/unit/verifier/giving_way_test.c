/* When a verifier rests, and for how long: computed, and once really. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "verifier/giving_way.h"

static void does_not_rest_where_the_core_was_its_own(void **state)
{
    (void)state;
    assert_int_equal(giving_way_us(22000, 22000), 0);
    assert_int_equal(giving_way_us(24000, 22000), 0); /* what a machine does anyway */
    assert_int_equal(giving_way_us(24750, 22000), 0);
    assert_int_equal(giving_way_us(21000, 22000), 0); /* clocks of different grain */
    assert_int_equal(giving_way_us(0, 0), 0);
}

static void rests_the_longer_the_more_was_wanted_by_others(void **state)
{
    (void)state;
    int64_t before = 0;
    for (int64_t took = 25000; before < GIVING_WAY_MAX_US; took += 1000) {
        int64_t rest = giving_way_us(took, 22000);
        assert_true(rest > before);
        before = rest;
    }
}

static void never_rests_for_long(void **state)
{
    (void)state;
    assert_int_equal(giving_way_us(10 * 1000 * 1000, 22000), GIVING_WAY_MAX_US);
    assert_int_equal(giving_way_us(INT64_MAX / 4, 0), GIVING_WAY_MAX_US);
}

static void does_not_rest_while_nobody_else_is_there(void **state)
{
    (void)state;
    int64_t end_us = clock_mono_us() + (int64_t)3600 * 1000000; /* would not come back */
    struct giving_way g = {.until_us = end_us};
    giving_way_begin(&g, 0, clock_mono_us());
    giving_way_begin(&g, GIVING_WAY_CROWD - 1, clock_mono_us());
    assert_true(g.began_us < end_us);
}

static void does_not_rest_before_somebody_who_has_waited_too_long(void **state)
{
    (void)state;
    int64_t now_us = clock_mono_us(), end_us = now_us + (int64_t)3600 * 1000000;
    struct giving_way g = {.until_us = end_us};
    giving_way_begin(&g, GIVING_WAY_CROWD, now_us - GIVING_WAY_PATIENCE_US);
    giving_way_begin(&g, GIVING_WAY_CROWD, 0);
    giving_way_begin(&g, UINT32_MAX, INT64_MIN / 2);
    assert_true(g.began_us < end_us);
}

static void rests_for_a_crowd_until_its_time_has_come(void **state)
{
    (void)state;
    struct giving_way g = {.until_us = clock_mono_us() + 20000};
    giving_way_begin(&g, GIVING_WAY_CROWD, clock_mono_us());
    assert_true(g.began_us >= g.until_us);
    giving_way_end(&g); /* learned from what came between */
    assert_true(g.until_us <= clock_mono_us() + GIVING_WAY_MAX_US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_not_rest_where_the_core_was_its_own),
        cmocka_unit_test(rests_the_longer_the_more_was_wanted_by_others),
        cmocka_unit_test(never_rests_for_long),
        cmocka_unit_test(does_not_rest_while_nobody_else_is_there),
        cmocka_unit_test(does_not_rest_before_somebody_who_has_waited_too_long),
        cmocka_unit_test(rests_for_a_crowd_until_its_time_has_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
