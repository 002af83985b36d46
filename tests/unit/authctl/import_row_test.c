/* authctl/import_row: one record as an object. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "authctl/import_row.h"
#include "base/arena.h"

static int setup(void **state)
{
    *state = arena_new(0);
    return *state ? 0 : 1;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static void refuses_records_that_are_no_csv(void **state)
{
    static const char *const bad[] = {"a\"b",   "\"a",  "\"a\"b", "\"a\" ,b", "a,\"",
                                      "\"\"\"", "\xff", "a,\xc3", "1,2,3,4,5"};
    struct str fields[4];
    size_t n = 77;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(import_csv_fields(*state, str_from(bad[i]), fields, 4, &n), ERR_INPUT);
        assert_int_equal(n, 77);
    }
    assert_int_equal(import_csv_fields(*state, str_of("a\0b", 3), fields, 4, &n), ERR_INPUT);
}

static void refuses_columns_that_are_unknown_or_there_twice(void **state)
{
    static const char *const bad[] = {
        "", "nmae", "name,", "name,name", "sex,gender", "phone,phone_number", "NAME", "updated_at"};
    struct import_columns columns;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(import_columns_read(*state, str_from(bad[i]), &columns), ERR_INPUT);
    }
}

static void refuses_cells_of_another_type_and_rows_of_another_length(void **state)
{
    struct import_columns columns;
    json_t *row;
    assert_int_equal(
        import_columns_read(*state, STR("name,email_verified,account_level"), &columns), OK);
    static const char *const bad[] = {"a,true",   "a,true,1,", "a,yes,1",
                                      "a,TRUE,1", "a,,one",    "a,,1.0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(import_row_csv(*state, &columns, str_from(bad[i]), &row), ERR_INPUT);
    }
}

static void refuses_json_that_is_no_single_object(void **state)
{
    static const char *const bad[] = {"",
                                      "[]",
                                      "1",
                                      "{} {}",
                                      "{\"a\":1,\"a\":2}",
                                      "{\"a\":\"\xff\"}",
                                      "{\"a\":\"\\u0000\"}",
                                      "{\"a\":",
                                      "null"};
    json_t *row;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_not_equal(import_row_json(*state, str_from(bad[i]), &row), OK);
    }
}

static void reads_fields_as_rfc_4180_writes_them(void **state)
{
    struct str fields[4];
    size_t n;
    assert_int_equal(import_csv_fields(*state, STR("a,,\"b \"\"c\"\",\r\nd\",\"\""), fields, 4, &n),
                     OK);
    assert_int_equal(n, 4);
    assert_true(str_eqz(fields[0], "a") && fields[1].n == 0 && fields[3].n == 0);
    assert_true(str_eqz(fields[2], "b \"c\",\r\nd"));
    assert_int_equal(import_csv_fields(*state, STR(""), fields, 4, &n), OK);
    assert_int_equal(n, 1);
}

static void what_is_written_reads_the_same(void **state)
{
    json_t *row = json_pack("{s:s,s:s,s:b,s:i,s:{s:s,s:s}}", "name", "Nguyễn \"An\",\nB", "gender",
                            "male", "email_verified", 1, "account_level", 2, "address", "formatted",
                            "1, 2", "country", "VN");
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);
    import_csv_header_write(to);
    long header = ftell(to);
    import_csv_write(to, row);
    fclose(to);
    struct import_columns columns;
    json_t *back;
    assert_int_equal(import_columns_read(*state, str_of(text, (size_t)header - 2), &columns), OK);
    assert_int_equal(
        import_row_csv(*state, &columns, str_of(text + header, n - (size_t)header - 2), &back), OK);
    assert_true(json_equal(row, back));
    json_decref(row);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_records_that_are_no_csv),
        cmocka_unit_test(refuses_columns_that_are_unknown_or_there_twice),
        cmocka_unit_test(refuses_cells_of_another_type_and_rows_of_another_length),
        cmocka_unit_test(refuses_json_that_is_no_single_object),
        cmocka_unit_test(reads_fields_as_rfc_4180_writes_them),
        cmocka_unit_test(what_is_written_reads_the_same),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
