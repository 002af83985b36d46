/* Names: NFC, allowed characters, and how they are split. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "identity/name.h"

static int setup(void **state)
{
    *state = arena_new(0);
    return 0;
}
static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static void refuses_what_is_no_name(void **state)
{
    struct name n;
    static const char *const bad[] = {"",
                                      "   ",
                                      "Nguyễn\nVăn A",
                                      "R2D2",
                                      "Trần <b>",
                                      "A;B",
                                      "-",
                                      "Anh\xe2\x80\x8bLan",
                                      "Lan\xff",
                                      "😀",
                                      "\xed\xa0\x80"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(name_read(*state, str_from(bad[i]), &n), ERR_INPUT);
    }
    char longest[203];
    memset(longest, 'a', sizeof(longest));
    assert_int_equal(name_read(*state, str_of(longest, 101), &n), ERR_INPUT);
    assert_int_equal(name_read(*state, str_of(longest, 100), &n), OK);
}

static void splits_family_middle_and_given(void **state)
{
    struct name n;
    assert_int_equal(name_read(*state, STR("  Nguyễn   Thị  Minh Khai "), &n), OK);
    assert_true(str_eqz(n.full, "Nguyễn Thị Minh Khai"));
    assert_true(str_eqz(n.family, "Nguyễn"));
    assert_true(str_eqz(n.middle, "Thị Minh"));
    assert_true(str_eqz(n.given, "Khai"));
    assert_int_equal(name_read(*state, STR("Lê Lợi"), &n), OK);
    assert_true(str_eqz(n.family, "Lê"));
    assert_null(n.middle.p);
    assert_true(str_eqz(n.given, "Lợi"));
    assert_int_equal(name_read(*state, STR("Y"), &n), OK);
    assert_null(n.family.p);
    assert_true(str_eqz(n.given, "Y"));
    assert_int_equal(name_read(*state, STR("H'Hen Niê"), &n), OK);
    assert_true(str_eqz(n.family, "H'Hen"));
}

static void two_keyboards_give_one_spelling(void **state)
{
    struct name composed, decomposed;
    assert_int_equal(name_read(*state, STR("Nguy\xe1\xbb\x85n \xc3\x81nh"), &composed), OK);
    assert_int_equal(name_read(*state, STR("Nguye\xcc\x82\xcc\x83n A\xcc\x81nh"), &decomposed), OK);
    assert_true(str_eq(composed.full, decomposed.full));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refuses_what_is_no_name, setup, teardown),
        cmocka_unit_test_setup_teardown(splits_family_middle_and_given, setup, teardown),
        cmocka_unit_test_setup_teardown(two_keyboards_give_one_spelling, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
