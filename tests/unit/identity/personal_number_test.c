/* Personal numbers: their form, and their agreement with birth date, sex and provinces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/rand.h"
#include "identity/personal_number.h"

static const uint16_t PROVINCES[] = {1, 79, 96};
#define N_PROVINCES 3

static struct personal_number read_ok(const char *text)
{
    struct personal_number n;
    assert_int_equal(personal_number_read(str_from(text), &n), OK);
    return n;
}

static void refuses_what_is_not_twelve_digits(void **state)
{
    (void)state;
    struct personal_number n;
    static const char *const bad[] = {
        "",  "07909012345", "0790901234567", "07909012345x", "07909O123456", "000090123456",
        "-", "٠٧٩٠٩٠١٢٣٤٥٦"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(personal_number_read(str_from(bad[i]), &n), ERR_INPUT);
    }
    assert_int_equal(personal_number_read(str_of("079090123\000456", 13), &n), ERR_INPUT);
    assert_int_equal(personal_number_read(str_of("079090123456\xc2", 13), &n), ERR_INPUT);
}

static void refuses_a_number_that_does_not_fit_the_person(void **state)
{
    (void)state;
    struct personal_number n = read_ok("079090123456");
    struct birthdate born = {1990, 5, 1}, later = {1991, 5, 1}, next_century = {2090, 5, 1};
    assert_int_equal(personal_number_fits(&n, &later, SEX_MALE, PROVINCES, N_PROVINCES), ERR_INPUT);
    assert_int_equal(personal_number_fits(&n, &next_century, SEX_MALE, PROVINCES, N_PROVINCES),
                     ERR_INPUT);
    assert_int_equal(personal_number_fits(&n, &born, SEX_FEMALE, PROVINCES, N_PROVINCES),
                     ERR_INPUT);
    n = read_ok("003090123456");
    assert_int_equal(personal_number_fits(&n, &born, SEX_MALE, PROVINCES, N_PROVINCES), ERR_INPUT);
}

static void reads_a_number_as_people_type_it(void **state)
{
    (void)state;
    struct personal_number n = read_ok(" 079 090 123\xc2\xa0"
                                       "456 ");
    assert_memory_equal(n.digits, "079090123456", 12);
    n = read_ok("079.090-123.456");
    assert_memory_equal(n.digits, "079090123456", 12);
}

static void the_fourth_digit_tells_century_and_sex(void **state)
{
    (void)state;
    for (int c = 0; c < 10; c++) {
        char text[13] = "001c05000001";
        text[3] = (char)('0' + c);
        struct personal_number n = read_ok(text);
        assert_int_equal(n.birth_year, 1905 + c / 2 * 100);
        assert_int_equal(n.sex, c % 2 == 0 ? SEX_MALE : SEX_FEMALE);
    }
}

static void what_is_made_is_read_back_and_fits(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        int province = PROVINCES[rand_below(N_PROVINCES)];
        struct birthdate born = {1900 + (int)rand_below(500), 0, 0};
        enum sex sex = rand_below(2) == 0 ? SEX_MALE : SEX_FEMALE;
        struct personal_number made, back;
        personal_number_make(province, sex, born.year, rand_below(1000000), &made);
        assert_int_equal(personal_number_read(str_of(made.digits, 12), &back), OK);
        assert_memory_equal(made.digits, back.digits, 12);
        assert_int_equal(personal_number_fits(&back, &born, sex, PROVINCES, N_PROVINCES), OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_not_twelve_digits),
        cmocka_unit_test(refuses_a_number_that_does_not_fit_the_person),
        cmocka_unit_test(reads_a_number_as_people_type_it),
        cmocka_unit_test(the_fourth_digit_tells_century_and_sex),
        cmocka_unit_test(what_is_made_is_read_back_and_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
