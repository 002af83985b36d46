/* base/hex: refuses what is no digit and reads nothing behind the text; writes what it reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hex.h"

static void refuses_every_character_that_is_no_digit(void **state)
{
    (void)state;
    size_t digits = 0;
    for (int c = -128; c < 128; c++) {
        digits += hex_digit((char)c) >= 0;
    }
    assert_int_equal(digits, 22);
    assert_int_equal(hex_digit('/'), -1);
    assert_int_equal(hex_digit(':'), -1);
    assert_int_equal(hex_digit('@'), -1);
    assert_int_equal(hex_digit('G'), -1);
    assert_int_equal(hex_digit('`'), -1);
    assert_int_equal(hex_digit('g'), -1);
    assert_int_equal(hex_byte(STR("0x"), 0), -1);
    assert_int_equal(hex_byte(STR("x0"), 0), -1);
}

static void reads_nothing_behind_the_text(void **state)
{
    (void)state;
    struct str s = str_of("1234", 3);
    assert_int_equal(hex_byte(s, 1), 0x23);
    assert_int_equal(hex_byte(s, 2), -1);
    assert_int_equal(hex_byte(s, 3), -1);
    assert_int_equal(hex_byte(s, SIZE_MAX), -1);
    assert_int_equal(hex_byte(str_of("12", 1), 0), -1);
    assert_int_equal(hex_byte(STR(""), 0), -1);
}

static void reads_back_every_byte_in_either_case(void **state)
{
    (void)state;
    for (int i = 0; i < 256; i++) {
        uint8_t byte = (uint8_t)i;
        char text[2];
        hex_write(&byte, 1, text);
        assert_int_equal(hex_byte(str_of(text, 2), 0), i);
    }
    assert_int_equal(hex_byte(STR("aF"), 0), 0xaf);
    char two[4];
    hex_write("\x0f\xa0", 2, two);
    assert_memory_equal(two, "0fa0", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_every_character_that_is_no_digit),
        cmocka_unit_test(reads_nothing_behind_the_text),
        cmocka_unit_test(reads_back_every_byte_in_either_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
