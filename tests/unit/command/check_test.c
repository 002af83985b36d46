/* What a request may say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/arena.h"
#include "command/command.h"

static enum err check(const char *words, const char *arguments)
{
    json_t *value = json_loads(arguments, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    enum err e = command_arguments_check(command_find(str_from(words)), value);
    json_decref(value);
    return e;
}

static void refuses_what_is_not_in_the_table(void **state)
{
    (void)state;
    assert_null(command_find(STR("keys dance")));
    assert_null(command_find(STR("keys")));
    assert_null(command_find(STR("")));
    assert_int_equal(check("keys list", "[]"), ERR_INPUT);
    assert_int_equal(check("keys list", "{\"nonsense\":true}"), ERR_INPUT);
    assert_non_null(strstr(err_reason(), "nonsense"));
    assert_int_equal(check("keys list", "{\"\":1}"), ERR_INPUT);
}

static void refuses_other_types(void **state)
{
    (void)state;
    assert_int_equal(check("keys list", "{\"all\":1}"), ERR_INPUT);
    assert_int_equal(check("keys rotate", "{\"alg\":true}"), ERR_INPUT);
    assert_int_equal(check("keys rotate", "{\"alg\":\"\"}"), ERR_INPUT);
    assert_int_equal(check("keys rotate", "{\"alg\":null}"), ERR_INPUT);
    assert_int_equal(check("identity generate", "{\"count\":\"10\"}"), ERR_INPUT);
    assert_int_equal(check("client create", "{\"json\":\"{}\"}"), ERR_INPUT);
    assert_int_equal(check("keys revoke", "{\"kid\":7}"), ERR_INPUT);
}

static void refuses_when_something_is_missing(void **state)
{
    (void)state;
    assert_int_equal(check("keys revoke", "{}"), ERR_INPUT);
    assert_int_equal(check("client create", "{}"), ERR_INPUT);
    assert_int_equal(check("identity close", "{\"id\":\"x\"}"), ERR_INPUT);
    assert_non_null(strstr(err_reason(), "--ground"));
}

static void takes_what_the_table_says(void **state)
{
    (void)state;
    assert_int_equal(check("keys list", "{}"), OK);
    assert_int_equal(check("keys rotate", "{\"alg\":\"ES256\",\"dry-run\":true}"), OK);
    assert_int_equal(check("keys revoke", "{\"kid\":\"x\"}"), OK);
    assert_int_equal(check("identity show", "{\"personal-number\":\"001\"}"), OK);
    assert_int_equal(check("identity generate", "{\"count\":10}"), OK);
    assert_int_equal(check("client create", "{\"json\":{}}"), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_not_in_the_table),
        cmocka_unit_test(refuses_other_types),
        cmocka_unit_test(refuses_when_something_is_missing),
        cmocka_unit_test(takes_what_the_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
