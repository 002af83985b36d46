/* Answers for people and for programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "authctl/authctl.h"

static char *printed(const char *words, const char *result, bool as_json)
{
    char *text = NULL;
    size_t n = 0;
    json_t *value = json_loads(result, 0, NULL);
    FILE *to = open_memstream(&text, &n);
    assert_non_null(value);
    assert_non_null(to);
    print_answer(to, command_find(str_from(words)), value, as_json);
    fclose(to);
    json_decref(value);
    return text;
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
    (void)state;
    char *text = printed("client show", "{\"client_name\":\"a\\u001b[2Jb\\nc\"}", false);
    assert_string_equal(text, "client_name  a?[2Jb?c\n");
    free(text);
    text = printed("keys rotate", "{\"text\":\"a\\u0007\\nb\"}", false);
    assert_string_equal(text, "a?\nb\n");
    free(text);
}

static void tables_are_aligned_by_characters_not_bytes(void **state)
{
    (void)state;
    char *text = printed("resource list",
                         "{\"rows\":[{\"audience\":\"Đặng\",\"name\":\"x\",\"scopes\":\"\","
                         "\"client_id\":null,\"introspection\":true}]}",
                         false);
    assert_string_equal(text, "AUDIENCE  NAME  SCOPES  CLIENT ID  INTROSPECTION\n"
                              "Đặng      x     -       -          yes\n");
    free(text);
}

static void programs_get_the_list_itself(void **state)
{
    (void)state;
    char *text = printed("keys list", "{\"rows\":[{\"kid\":\"a\"}]}", true);
    assert_string_equal(text, "[\n  {\n    \"kid\": \"a\"\n  }\n]\n");
    free(text);
    text = printed("client create", "{\"client_secret\":\"s\"}", true);
    assert_string_equal(text, "{\n  \"client_secret\": \"s\"\n}\n");
    free(text);
}

static void text_is_printed_as_it_stands(void **state)
{
    (void)state;
    char *text = printed("keys rotate", "{\"changed\":true,\"text\":\"a\\nb\"}", false);
    assert_string_equal(text, "a\nb\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_characters_do_not_reach_the_terminal),
        cmocka_unit_test(tables_are_aligned_by_characters_not_bytes),
        cmocka_unit_test(programs_get_the_list_itself),
        cmocka_unit_test(text_is_printed_as_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
