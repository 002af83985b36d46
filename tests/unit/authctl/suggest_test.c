/* "Did you mean". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "authctl/authctl.h"

static const char *meant(struct arena *a, const char *first, const char *second)
{
    const char *found = suggest_command(a, str_from(first), str_from(second));
    return found ? found : "";
}

static void says_nothing_when_nothing_is_near(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    assert_string_equal(meant(a, "nonsense", ""), "");
    assert_string_equal(meant(a, "keys", "dance"), "");
    assert_string_equal(meant(a, "", ""), "");
    assert_string_equal(
        meant(a, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
              "b"),
        "");
    assert_null(suggest_option(command_find(STR("keys rotate")), STR("")));
    assert_null(suggest_option(command_find(STR("identity password")), STR("password")));
    arena_free(a);
}

static void finds_what_was_mistyped(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    assert_string_equal(meant(a, "satus", ""), "status");
    assert_string_equal(meant(a, "keyz", "list"), "keys list");
    assert_string_equal(meant(a, "keys", "rotaet"), "keys rotate");
    assert_string_equal(meant(a, "client", "disabel"), "client disable");
    assert_string_equal(suggest_option(command_find(STR("keys rotate")), STR("froce")), "force");
    assert_string_equal(suggest_option(NULL, STR("jsno")), "json");
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_nothing_when_nothing_is_near),
        cmocka_unit_test(finds_what_was_mistyped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
