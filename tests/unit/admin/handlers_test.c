/* The table of handlers against the table of commands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "admin/admin.h"

static void every_command_of_the_daemon_has_a_handler(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count(); i++) {
        if ((admin_handler_of(command_at(i)) == NULL) != command_at(i)->local) {
            print_error("%s\n", command_at(i)->words);
            assert_true(false);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_of_the_daemon_has_a_handler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
