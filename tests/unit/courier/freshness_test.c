/* How long fetched keys serve. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "courier/freshness.h"

/* spec: RFC 9111 §4.2.1 */
static void takes_nonsense_for_stale(void **state)
{
    (void)state;
    assert_int_equal(freshness_s(STR("max-age")), FRESHNESS_LEAST_S);
    assert_int_equal(freshness_s(STR("max-age=")), FRESHNESS_LEAST_S);
    assert_int_equal(freshness_s(STR("max-age=-1")), FRESHNESS_LEAST_S);
    assert_int_equal(freshness_s(STR("max-age=99999999999999999999999")), FRESHNESS_LEAST_S);
}

static void keeps_within_bounds(void **state)
{
    (void)state;
    assert_int_equal(freshness_s(STR("max-age=0")), FRESHNESS_LEAST_S);
    assert_int_equal(freshness_s(STR("no-store")), FRESHNESS_LEAST_S);
    assert_int_equal(freshness_s(STR("max-age=9999, no-cache")), FRESHNESS_LEAST_S);
    assert_int_equal(freshness_s(STR("max-age=31536000")), FRESHNESS_MOST_S);
}

static void respects_the_maximum_age(void **state)
{
    (void)state;
    assert_int_equal(freshness_s(STR("max-age=7200")), 7200);
    assert_int_equal(freshness_s(STR("public,  Max-Age=600 , must-revalidate")), 600);
    assert_int_equal(freshness_s(STR("s-maxage=5, max-age=900")), 900);
}

static void has_an_opinion_when_nothing_is_said(void **state)
{
    (void)state;
    assert_int_equal(freshness_s(STR_NONE), FRESHNESS_UNSAID_S);
    assert_int_equal(freshness_s(STR("")), FRESHNESS_UNSAID_S);
    assert_int_equal(freshness_s(STR("public")), FRESHNESS_UNSAID_S);
}

static void tries_again_less_and_less(void **state)
{
    (void)state;
    assert_int_equal(freshness_retry_s(1), 60);
    assert_int_equal(freshness_retry_s(2), 120);
    assert_int_equal(freshness_retry_s(UINT32_MAX), 3600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_nonsense_for_stale),
        cmocka_unit_test(keeps_within_bounds),
        cmocka_unit_test(respects_the_maximum_age),
        cmocka_unit_test(has_an_opinion_when_nothing_is_said),
        cmocka_unit_test(tries_again_less_and_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
