/* Birth dates of three precisions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "identity/birthdate.h"

#define NOON_22_NOV_2026 1795348800 /* 2026-11-22T12:00:00Z */

static void refuses_days_that_do_not_exist(void **state)
{
    (void)state;
    struct birthdate b;
    static const char *const bad[] = {"",           "90",         "1899",       "2400-01-01",
                                      "1990-13",    "1990-00",    "1990-02-30", "1990-2-3",
                                      "1900-02-29", "01-02-1990", "1990-01-1x", "1990/01/01",
                                      "1990-01-00", "1990-01-01T"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(birthdate_read(str_from(bad[i]), &b), ERR_INPUT);
    }
}

static void keeps_the_precision_it_was_given(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    static const char *const good[] = {"1958", "1958-03", "1958-03-21", "2000-02-29"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct birthdate b;
        assert_int_equal(birthdate_read(str_from(good[i]), &b), OK);
        assert_true(str_eqz(birthdate_text(a, &b), good[i]));
    }
    arena_free(a);
}

static void nobody_is_taken_for_older_than_proven(void **state)
{
    (void)state;
    assert_int_equal(birthdate_age(&(struct birthdate){2012, 11, 22}, NOON_22_NOV_2026), 14);
    assert_int_equal(birthdate_age(&(struct birthdate){2012, 11, 23}, NOON_22_NOV_2026), 13);
    assert_int_equal(birthdate_age(&(struct birthdate){2012, 11, 0}, NOON_22_NOV_2026), 13);
    assert_int_equal(birthdate_age(&(struct birthdate){2012, 10, 0}, NOON_22_NOV_2026), 14);
    assert_int_equal(birthdate_age(&(struct birthdate){2012, 0, 0}, NOON_22_NOV_2026), 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_days_that_do_not_exist),
        cmocka_unit_test(keeps_the_precision_it_was_given),
        cmocka_unit_test(nobody_is_taken_for_older_than_proven),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
