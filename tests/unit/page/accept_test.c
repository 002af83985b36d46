/* Which language somebody asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "page/accept.h"

static void passes_over_what_it_can_not_understand(void **state)
{
    (void)state;
    enum language l = LANGUAGE_EN;
    static const char *const none[] = {"",       "fr",   "de;q=1,fr", "vi;q=0", "en;q=2",
                                       "en;q=x", ",,;;", "vie",       "*"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_false(language_of_accept(str_from(none[i]), &l));
    }
    assert_false(language_of_accept(STR_NONE, &l));
    assert_false(language_of_locales(STR_NONE, &l));
    assert_int_equal(l, LANGUAGE_EN);
}

static enum language accepted(const char *header)
{
    enum language l = LANGUAGE_VI;
    assert_true(language_of_accept(str_from(header), &l));
    return l;
}

static void the_greatest_weight_wins(void **state)
{
    (void)state;
    assert_int_equal(accepted("en-US,en;q=0.9,vi;q=0.8"), LANGUAGE_EN);
    assert_int_equal(accepted("fr, en;q=0.3, vi;q=0.7"), LANGUAGE_VI);
    assert_int_equal(accepted("vi-VN , en"), LANGUAGE_VI);
    assert_int_equal(accepted("en;q=0.001"), LANGUAGE_EN);
}

static void the_first_locale_that_is_ours_wins(void **state)
{
    (void)state;
    enum language l;
    assert_true(language_of_locales(STR("fr-CA EN-gb vi"), &l));
    assert_int_equal(l, LANGUAGE_EN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_over_what_it_can_not_understand),
        cmocka_unit_test(the_greatest_weight_wins),
        cmocka_unit_test(the_first_locale_that_is_ours_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
