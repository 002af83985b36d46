/* The catalogues: both languages say the same things, and say them in NFC-safe plain text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "page/catalogue.h"

static int lacking(enum language from, enum language in)
{
    struct str rest = catalogue_all(from), key, text;
    int n = 0;
    while (catalogue_next(&rest, &key, &text)) {
        if (catalogue_text(in, key).p == NULL) {
            print_error("only in one language: %.*s\n", STR_FMT(key));
            n++;
        }
    }
    return n;
}

static void both_languages_have_the_same_keys(void **state)
{
    (void)state;
    assert_int_equal(lacking(LANGUAGE_VI, LANGUAGE_EN), 0);
    assert_int_equal(lacking(LANGUAGE_EN, LANGUAGE_VI), 0);
}

/* Members named in braces, summed so that their order does not matter. */
static unsigned members(struct str text)
{
    unsigned sum = 0;
    while (text.n > 0) {
        size_t open = str_find(text, '{');
        if (open == text.n) {
            break;
        }
        text = str_of(text.p + open + 1, text.n - open - 1);
        size_t close = str_find(text, '}');
        assert_true(close < text.n);
        for (size_t i = 0; i < close; i++) {
            sum = sum * 31 + (unsigned char)text.p[i];
        }
        text = str_of(text.p + close, text.n - close);
    }
    return sum;
}

static void texts_are_plain_and_take_the_same_values(void **state)
{
    (void)state;
    struct str rest = catalogue_all(LANGUAGE_VI), key, text;
    size_t n = 0;
    while (catalogue_next(&rest, &key, &text)) {
        struct str other = catalogue_text(LANGUAGE_EN, key);
        assert_true(text.n > 0 && other.n > 0);
        assert_true(str_utf8(text) && str_utf8(other));
        assert_int_equal(members(text), members(other));
        struct str again = catalogue_all(LANGUAGE_VI), k, t;
        int same = 0;
        while (catalogue_next(&again, &k, &t)) {
            same += str_eq(k, key);
        }
        assert_int_equal(same, 1);
        n++;
    }
    assert_true(n > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_languages_have_the_same_keys),
        cmocka_unit_test(texts_are_plain_and_take_the_same_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
