/* Times and ids in answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "admin/admin.h"
#include "base/arena.h"

static void refuses_other_spellings_of_a_time(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "now",
        "2027-01-31",
        "2027-01-31T03:00:00",
        "2027-01-31T03:00:00+07:00",
        "2027-13-31T03:00:00Z",
        "2027-01-31T25:00:00Z",
        "2027-01-31T03:00:00Zx",
        "2027-01-31T03:00:00ZZZZZZZZZZZZZZZZZZZZZZZZ",
        "1900-01-01T00:00:00Z",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t at = 7;
        if (answer_time_read(str_from(bad[i]), &at) != ERR_INPUT || at != 7) {
            print_error("%s was taken\n", bad[i]);
            assert_true(false);
        }
    }
}

static void reads_what_it_writes(void **state)
{
    (void)state;
    int64_t at;
    json_t *text = answer_time(1801364400);
    assert_string_equal(json_string_value(text), "2027-01-31T03:00:00Z");
    assert_int_equal(answer_time_read(str_from(json_string_value(text)), &at), OK);
    assert_int_equal(at, 1801364400);
    json_decref(text);
}

static void says_nothing_for_no_time_and_no_id(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct uuid none = {{0}};
    assert_true(json_is_null(answer_time(0)));
    assert_true(json_is_null(answer_uuid(a, &none)));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_other_spellings_of_a_time),
        cmocka_unit_test(reads_what_it_writes),
        cmocka_unit_test(says_nothing_for_no_time_and_no_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
