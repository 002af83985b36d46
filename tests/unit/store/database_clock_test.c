/* Which look at the database's clock is believed. */
#include "store/database_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/clock.h"

static const int64_t LEAD = 1700000000000;

static int64_t after(int64_t asked, int64_t heard, int64_t answer, bool known)
{
    struct clock_sample s = {asked, heard, answer};
    return clock_sample_lead(&s, known, LEAD);
}

static void an_answer_that_was_held_up_moves_nothing(void **state)
{
    (void)state;
    /* read at the end of eight seconds, and at their beginning */
    assert_int_equal(after(1000, 9000, LEAD + 9000, true), LEAD);
    assert_int_equal(after(1000, 9000, LEAD + 1000, true), LEAD);
}

static void a_step_of_the_database_is_followed(void **state)
{
    (void)state;
    assert_int_equal(after(1000, 1002, LEAD + 1001 + 3600000, true), LEAD + 3600000);
    assert_int_equal(after(1000, 1002, LEAD + 1001 - 3600000, true), LEAD - 3600000);
    assert_int_equal(after(1000, 9000, LEAD + 5000 + 3600000, true), LEAD + 3600000);
}

static void the_first_look_is_taken_as_it_is(void **state)
{
    (void)state;
    assert_int_equal(after(1000, 9000, LEAD + 9000, false), LEAD + 4000);
}

static void who_follows_is_not_moved_by_the_machines_clock(void **state)
{
    (void)state;
    int64_t own = clock_lead_ms();
    assert_int_equal(clock_ahead_ms(), 0);
    struct clock_sample s = {clock_mono_ms(), clock_mono_ms(), own + clock_mono_ms() + 3600000};
    clock_sample_follow(&s, false);
    assert_in_range(clock_now_ms() - (own + clock_mono_ms()), 3599000, 3601000);
    assert_in_range(clock_ahead_ms(), 3599000, 3601000);
    clock_lead_set_ms(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_that_was_held_up_moves_nothing),
        cmocka_unit_test(a_step_of_the_database_is_followed),
        cmocka_unit_test(the_first_look_is_taken_as_it_is),
        cmocka_unit_test(who_follows_is_not_moved_by_the_machines_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
