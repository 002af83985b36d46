/* The command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <unistd.h>

#include "authctl/authctl.h"

#define WORDS_MAX 16

static enum err parse(struct arena *a, const char *line, struct request *out)
{
    char *argv[WORDS_MAX] = {str_z(a, STR("authctl"))};
    int argc = 1;
    struct str rest = str_from(line);
    struct str word;
    while (argc < WORDS_MAX - 1 && str_word(&rest, &word)) {
        argv[argc++] = str_z(a, word);
    }
    return authctl_parse(a, argc, argv, out);
}

/* Standard input holds this. */
static void typed(const char *text)
{
    char path[] = "/tmp/authctl-parse-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    assert_non_null(freopen(path, "re", stdin));
    unlink(path);
}

static void refuses_bad_usage(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "nonsense",
        "keys",
        "keys dance",
        "--nonsense",
        "--nonsense status",
        "status now",
        "keys list --nonsense",
        "keys revoke",
        "keys revoke a b",
        "keys revoke -Ukx b",
        "keys revoke -U",
        "keys list -all",
        "keys rotate --alg",
        "identity generate many",
        "identity generate --count many",
        "identity generate",
        "identity generate 5 6",
        "client create",
        "client create --json /nonexistent/file",
        "identity close x",
        "-c",
        "keys list --all=yes",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct arena *a = arena_new(0);
        struct request r;
        if (parse(a, bad[i], &r) == OK) {
            print_error("'%s' was taken\n", bad[i]);
            assert_true(false);
        }
        arena_free(a);
    }
}

static void refuses_json_that_is_not_an_object(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "[]", "{", "{\"a\":1,\"a\":2}", "{} x", "\xff"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct arena *a = arena_new(0);
        struct request r;
        typed(bad[i]);
        assert_int_equal(parse(a, "client create --json -", &r), ERR_INPUT);
        arena_free(a);
    }
}

static void refuses_an_empty_password(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct request r;
    typed("");
    assert_int_equal(parse(a, "identity password 001090004821", &r), ERR_INPUT);
    typed("\n");
    assert_int_equal(parse(a, "identity password 001090004821", &r), ERR_INPUT);
    arena_free(a);
}

static void a_secret_never_stands_on_the_command_line(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct request r;
    typed("x\n");
    assert_int_equal(parse(a, "identity password 001090004821 --password x", &r), ERR_INPUT);
    arena_free(a);
}

static void takes_words_options_and_operands_in_any_order(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct request r;
    assert_int_equal(parse(a, "-c x.conf keys revoke --reason lost KID --json -y", &r), OK);
    assert_string_equal(r.command->words, "keys revoke");
    assert_string_equal(r.config_path, "x.conf");
    assert_true(r.json && r.yes);
    assert_true(str_eqz(json_member(r.arguments, "kid"), "KID"));
    assert_true(str_eqz(json_member(r.arguments, "reason"), "lost"));
    assert_int_equal(parse(a, "--yes keys revoke -UkUnZYk --reason -x- --json", &r), OK);
    assert_true(str_eqz(json_member(r.arguments, "kid"), "-UkUnZYk"));
    assert_true(r.json && str_eqz(json_member(r.arguments, "reason"), "-x-"));
    assert_int_equal(parse(a, "keys revoke -y -- -UkUnZYk", &r), OK);
    assert_true(r.yes && str_eqz(json_member(r.arguments, "kid"), "-UkUnZYk"));
    assert_int_equal(parse(a, "keys rotate --now --force -c y.conf", &r), OK);
    assert_true(json_is_true(json_object_get(r.arguments, "force")));
    assert_string_equal(r.config_path, "y.conf");
    arena_free(a);
}

static void takes_a_count_with_and_without_its_name(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct request r;
    int64_t count = 0;
    assert_int_equal(parse(a, "identity generate 12", &r), OK);
    assert_true(json_member_i64(r.arguments, "count", &count) && count == 12);
    assert_int_equal(parse(a, "identity generate --count 13 --seed 1", &r), OK);
    assert_true(json_member_i64(r.arguments, "count", &count) && count == 13);
    arena_free(a);
}

static void asks_for_a_password_only_where_one_is_used(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct request r;
    typed("correct horse\nrest\n");
    assert_int_equal(parse(a, "identity password 001090004821", &r), OK);
    assert_true(str_eqz(json_member(r.arguments, "password"), "correct horse"));
    typed("");
    assert_int_equal(parse(a, "identity generate 5", &r), OK);
    typed("secret");
    assert_int_equal(parse(a, "identity generate 5 --password-for-first 2", &r), OK);
    assert_true(str_eqz(json_member(r.arguments, "password"), "secret"));
    arena_free(a);
}

static void who_gives_json_gets_json(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct request r;
    typed("{\"client_name\":\"x\"}");
    assert_int_equal(parse(a, "client create --json -", &r), OK);
    assert_true(r.json);
    assert_true(json_is_object(json_object_get(r.arguments, "json")));
    assert_int_equal(parse(a, "client list", &r), OK);
    assert_false(r.json);
    arena_free(a);
}

static void help_is_everywhere(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct request r;
    assert_int_equal(parse(a, "--help", &r), OK);
    assert_true(r.help && !r.command);
    assert_int_equal(parse(a, "keys --help", &r), OK);
    assert_string_equal(r.group, "keys");
    assert_int_equal(parse(a, "keys revoke --help", &r), OK);
    assert_true(r.help);
    assert_string_equal(r.command->words, "keys revoke");
    for (size_t i = 0; i < command_count(); i++) {
        char line[128];
        (void)snprintf(line, sizeof line, "%s --help", command_at(i)->words);
        assert_int_equal(parse(a, line, &r), OK);
        assert_true(r.help && r.command == command_at(i));
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_bad_usage),
        cmocka_unit_test(refuses_json_that_is_not_an_object),
        cmocka_unit_test(refuses_an_empty_password),
        cmocka_unit_test(a_secret_never_stands_on_the_command_line),
        cmocka_unit_test(takes_words_options_and_operands_in_any_order),
        cmocka_unit_test(takes_a_count_with_and_without_its_name),
        cmocka_unit_test(asks_for_a_password_only_where_one_is_used),
        cmocka_unit_test(who_gives_json_gets_json),
        cmocka_unit_test(help_is_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
