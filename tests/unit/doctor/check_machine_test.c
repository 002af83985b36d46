/* When a disk is too full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "doctor/inside.h"

#define GIGABYTE (1024ULL * 1024 * 1024)

static void a_disk_is_judged_by_share_and_by_size(void **state)
{
    (void)state;
    assert_int_equal(disk_severity(0, 100 * GIGABYTE), FOUND_ERROR);
    assert_int_equal(disk_severity(2 * GIGABYTE, 100 * GIGABYTE), FOUND_ERROR);
    assert_int_equal(disk_severity(GIGABYTE / 8, GIGABYTE / 4), FOUND_ERROR);
    assert_int_equal(disk_severity(5 * GIGABYTE, 100 * GIGABYTE), FOUND_WARNING);
    assert_int_equal(disk_severity(GIGABYTE / 2, GIGABYTE), FOUND_WARNING);
    assert_int_equal(disk_severity(50 * GIGABYTE, 100 * GIGABYTE), FOUND_NOTE);
    assert_int_equal(disk_severity(4000 * GIGABYTE, 16000 * GIGABYTE), FOUND_NOTE);
    assert_int_equal(disk_severity(0, 0), FOUND_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disk_is_judged_by_share_and_by_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
