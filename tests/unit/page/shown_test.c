/* Times and numbers as people read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "page/shown.h"

static void what_can_not_be_a_number_is_not_shown_again(void **state)
{
    (void)state;
    assert_true(str_eqz(shown_number(STR("001 190 000001")), "001 190 000001"));
    assert_null(shown_number(STR("my password")).p);
    assert_null(shown_number(STR("12\n")).p);
    assert_null(shown_number(STR("000000000000000000000000000000000")).p); /* 33 */
}

static void a_moment_is_told_in_vietnam(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    assert_true(str_eqz(shown_moment(a, 1767200400), "00:00, 01/01/2026"));
    assert_true(str_eqz(shown_moment(a, 1767200399), "23:59, 31/12/2025"));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_can_not_be_a_number_is_not_shown_again),
        cmocka_unit_test(a_moment_is_told_in_vietnam),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
