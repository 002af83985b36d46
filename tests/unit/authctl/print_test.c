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

static char *shown(const char *words, const char *result, bool as_json, size_t columns)
{
    char *text = NULL;
    size_t n = 0;
    json_t *value = json_loads(result, 0, NULL);
    FILE *to = open_memstream(&text, &n);
    assert_non_null(value);
    assert_non_null(to);
    struct screen screen = {columns, false};
    print_answer(to, &screen, command_find(str_from(words)), value, as_json);
    fclose(to);
    json_decref(value);
    return text;
}

static char *printed(const char *words, const char *result, bool as_json)
{
    return shown(words, result, as_json, 0);
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
    /* two bytes that some terminals take for ESC [, and a word that is written backwards */
    text = printed("client show", "{\"client_name\":\"a\\u009b2Jb\\u202ecod\"}", false);
    assert_string_equal(text, "client_name  a?2Jb?cod\n");
    free(text);
}

static void json_is_exact_for_programs_and_harmless_on_a_terminal(void **state)
{
    (void)state;
    char *text = shown("client show", "{\"client_name\":\"ố\\u009b2J\\u007f\"}", true, 80);
    assert_string_equal(text, "{\n  \"client_name\": \"ố?2J?\"\n}\n");
    free(text);
    text = shown("client show", "{\"client_name\":\"\\u009b\"}", true, 0);
    assert_string_equal(text, "{\n  \"client_name\": \"\xc2\x9b\"\n}\n");
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

static void width_is_what_a_terminal_shows(void **state)
{
    (void)state;
    assert_int_equal(screen_width(STR("Nguyễn Thị Đậu")), 14);
    assert_int_equal(screen_width(STR("Nguye\xcc\x82\xcc\x83n")), 6); /* NFD: combining marks */
    assert_int_equal(screen_width(STR("阮氏")), 4);
    assert_int_equal(screen_width(STR("a\xff")), 2);
    assert_int_equal(screen_width(STR("")), 0);
}

static const char SERVICES[] =
    "{\"rows\":[{\"client_id\":\"-UkUnZYk_1234567890\",\"client_name\":\"Cổng dịch vụ công\","
    "\"state\":\"active\",\"token_endpoint_auth_method\":\"private_key_jwt\",\"weaknesses\":"
    "[\"requests_not_pushed\",\"http_redirect_uri\"]}]}";

static void a_narrow_terminal_wraps_words_and_cuts_none(void **state)
{
    (void)state;
    char *text = shown("client list", SERVICES, false, 80);
    assert_string_equal(
        text, "CLIENT ID            CLIENT     STATE   TOKEN ENDPOINT   WEAKNESSES\n"
              "                     NAME               AUTH METHOD\n"
              "-UkUnZYk_1234567890  Cổng dịch  active  private_key_jwt  requests_not_pushed,\n"
              "                     vụ công                             http_redirect_uri\n");
    free(text);
}

static void a_very_narrow_terminal_gets_one_block_for_each_row(void **state)
{
    (void)state;
    char *text = shown("client list", SERVICES, false, 50);
    assert_string_equal(text, "CLIENT ID                   -UkUnZYk_1234567890\n"
                              "CLIENT NAME                 Cổng dịch vụ công\n"
                              "STATE                       active\n"
                              "TOKEN ENDPOINT AUTH METHOD  private_key_jwt\n"
                              "WEAKNESSES                  requests_not_pushed,\n"
                              "                            http_redirect_uri\n");
    free(text);
}

static void what_is_piped_is_one_line_for_each_row(void **state)
{
    (void)state;
    char *text = shown("client list", SERVICES, false, 0);
    assert_string_equal(
        text,
        "CLIENT ID            CLIENT NAME        STATE   TOKEN ENDPOINT AUTH METHOD  WEAKNESSES\n"
        "-UkUnZYk_1234567890  Cổng dịch vụ công  active  private_key_jwt             "
        "requests_not_pushed, http_redirect_uri\n");
    free(text);
}

static void columns_empty_in_every_row_go_first_then_seconds(void **state)
{
    (void)state;
    static const char keys[] =
        "{\"rows\":[{\"kid\":\"6poEZ3WPWv7t4U7G\",\"use\":\"sign\",\"alg\":\"ES256\",\"state\":"
        "\"active\",\"published\":\"2026-11-22T11:47:29Z\",\"activated\":\"2026-11-22T11:47:28Z\"}]"
        "}";
    char *text = shown("keys list", keys, false, 90);
    assert_non_null(strstr(text, "2026-11-22T11:47:29Z"));
    assert_null(strstr(text, "UNPUBLISHED"));
    free(text);
    text = shown("keys list", keys, false, 78);
    assert_string_equal(
        text, "KID               USE   ALG    STATE   PUBLISHED         ACTIVATED\n"
              "6poEZ3WPWv7t4U7G  sign  ES256  active  2026-11-22 11:47  2026-11-22 11:47\n");
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

static void a_member_with_many_members_stands_below_its_name(void **state)
{
    (void)state;
    char *text =
        printed("identity show",
                "{\"id\":\"7\",\"attributes\":{\"name\":\"Nguyễn Thị An\",\"sex\":\"female\","
                "\"level\":2,\"email_verified\":false}}",
                false);
    assert_string_equal(text, "id          7\n"
                              "attributes\n"
                              "  name            Nguyễn Thị An\n"
                              "  sex             female\n"
                              "  level           2\n"
                              "  email_verified  no\n");
    free(text);
}

static void long_text_wraps_on_a_terminal_only(void **state)
{
    (void)state;
    static const char result[] =
        "{\"text\":\"  one\\n\\nES256 key a signs from then on; until then b\"}";
    char *text = shown("keys rotate", result, false, 30);
    assert_string_equal(text, "  one\n\nES256 key a signs from then\non; until then b\n");
    free(text);
    text = shown("keys rotate", result, false, 0);
    assert_string_equal(text, "  one\n\nES256 key a signs from then on; until then b\n");
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
        cmocka_unit_test(json_is_exact_for_programs_and_harmless_on_a_terminal),
        cmocka_unit_test(tables_are_aligned_by_characters_not_bytes),
        cmocka_unit_test(width_is_what_a_terminal_shows),
        cmocka_unit_test(a_narrow_terminal_wraps_words_and_cuts_none),
        cmocka_unit_test(a_very_narrow_terminal_gets_one_block_for_each_row),
        cmocka_unit_test(what_is_piped_is_one_line_for_each_row),
        cmocka_unit_test(columns_empty_in_every_row_go_first_then_seconds),
        cmocka_unit_test(programs_get_the_list_itself),
        cmocka_unit_test(a_member_with_many_members_stands_below_its_name),
        cmocka_unit_test(long_text_wraps_on_a_terminal_only),
        cmocka_unit_test(text_is_printed_as_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
