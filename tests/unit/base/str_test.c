/* base/str: numbers, words and UTF-8 at their edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/arena.h"
#include "base/str.h"

static void refuses_numbers_with_signs_zeros_or_overflow(void **state)
{
    (void)state;
    static const struct str bad[] = {STR(""),
                                     STR("-1"),
                                     STR("+1"),
                                     STR("01"),
                                     STR(" 1"),
                                     STR("1 "),
                                     STR("1a"),
                                     STR("1\0"),
                                     STR("18446744073709551616"),
                                     STR("99999999999999999999999")};
    uint64_t u = 5;
    int64_t i = 5;
    for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
        assert_false(str_u64(bad[k], &u));
        assert_false(str_i64(bad[k], &i));
    }
    assert_int_equal(u, 5);
    assert_true(str_u64(STR("18446744073709551615"), &u) && u == UINT64_MAX);
    assert_true(str_i64(STR("9223372036854775807"), &i) && i == INT64_MAX);
    assert_false(str_i64(STR("9223372036854775808"), &i));
    assert_true(str_u64(STR("0"), &u) && u == 0);
}

/* spec: RFC 3629 §3 MUST protect against decoding invalid sequences */
static void refuses_utf8_that_is_not_well_formed(void **state)
{
    (void)state;
    static const struct str bad[] = {
        STR("\0"),
        STR("abcdefgh\0"),
        STR("\x80"),
        STR("\xC0\xAF"),
        STR("\xC1\xBF"),
        STR("\xE0\x9F\xBF"),
        STR("\xED\xA0\x80"),
        STR("\xF0\x8F\xBF\xBF"),
        STR("\xF4\x90\x80\x80"),
        STR("\xF5\x80\x80\x80"),
        STR("\xC3"),
        STR("\xE1\xBB"),
        STR("abcdefg\xE1\xBB"),
        STR("\xE1\xBB\x41"),
        STR("\xFF"),
        STR("abc\0defgh"),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(str_utf8(bad[i]));
    }
    assert_true(str_utf8(STR("")));
    assert_true(str_utf8(STR("Nguyễn Thị Ánh Đào, 越南, \xF0\x9F\x98\x80")));
    assert_true(str_utf8(STR("\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF")));
}

static void splits_keep_empty_parts_and_words_skip_them(void **state)
{
    (void)state;
    struct str rest = STR("a,,b,");
    struct str part;
    static const char *const parts[] = {"a", "", "b", ""};
    for (size_t i = 0; i < 4; i++) {
        assert_true(str_split(&rest, ',', &part));
        assert_true(str_eqz(part, parts[i]));
    }
    assert_false(str_split(&rest, ',', &part));
    rest = STR("  openid  profile ");
    assert_true(str_word(&rest, &part) && str_eqz(part, "openid"));
    assert_true(str_word(&rest, &part) && str_eqz(part, "profile"));
    assert_false(str_word(&rest, &part));
    assert_true(str_words_have(STR("openid email"), STR("email")));
    assert_false(str_words_have(STR("openid emails"), STR("email")));
    assert_false(str_words_have(STR("openid"), STR("")));
    assert_false(str_words_have(STR_NONE, STR("a")));
}

static void compares_absent_and_empty_slices(void **state)
{
    (void)state;
    assert_true(str_eq(STR_NONE, STR("")));
    assert_true(str_eqz(STR_NONE, NULL));
    assert_false(str_is(STR("")));
    assert_true(str_starts(STR_NONE, STR("")));
    assert_true(str_ends(STR("abc"), STR("bc")));
    assert_false(str_ends(STR("c"), STR("bc")));
    assert_true(str_ieq(STR("BaSiC"), STR("basic")));
    assert_false(str_ieq(STR("k"), STR("\x0b")));
    assert_int_equal(str_find(STR("abc"), 'x'), 3);
    assert_true(str_eqz(str_trim(STR(" \t a b\t")), "a b"));
    struct arena *a = arena_new(0);
    assert_null(str_dup(a, STR_NONE).p);
    assert_non_null(str_dup(a, STR("")).p);
    assert_string_equal(str_z(a, STR("abc")), "abc");
    assert_true(str_eqz(str_fmt(a, "%0300d", 7), str_fmt(a, "%0300d", 7).p));
    assert_int_equal(str_fmt(a, "%0300d", 7).n, 300);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_numbers_with_signs_zeros_or_overflow),
        cmocka_unit_test(refuses_utf8_that_is_not_well_formed),
        cmocka_unit_test(splits_keep_empty_parts_and_words_skip_them),
        cmocka_unit_test(compares_absent_and_empty_slices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
