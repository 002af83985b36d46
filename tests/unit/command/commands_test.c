/* The table of commands against itself, the manual page and the completion file. */
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

static char *read_file(const char *path)
{
    char full[512];
    (void)snprintf(full, sizeof full, "%s/%s", getenv("SOURCE_DIR"), path);
    FILE *file = fopen(full, "re");
    assert_non_null(file);
    char *text = calloc(1, 256 * 1024);
    assert_non_null(text);
    assert_true(fread(text, 1, 256 * 1024 - 1, file) > 0);
    fclose(file);
    return text;
}

static void every_command_is_complete_and_named_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count(); i++) {
        const struct command *c = &COMMANDS[i];
        assert_ptr_equal(command_find(str_from(c->words)), c);
        assert_true(strlen(c->help) > 10 && c->help[strlen(c->help) - 1] == '.');
        assert_non_null(strstr(c->examples, "authctl "));
        assert_true(c->deadline_ms > 0);
        assert_non_null(c->options);
    }
}

static void every_option_explains_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count(); i++) {
        for (const struct command_option *o = COMMANDS[i].options; o->name; o++) {
            assert_true(strlen(o->help) > 3);
            bool takes = o->type != COMMAND_FLAG && o->type != COMMAND_SECRET;
            assert_true(takes == (o->value != NULL));
            assert_ptr_equal(command_option_find(&COMMANDS[i], o->name), o);
        }
    }
}

/* mdoc writes a hyphen as it is and an option's name after .Fl. */
static void the_manual_has_every_command_and_option(void **state)
{
    (void)state;
    char *page = read_file("docs/man/authctl.8");
    for (size_t i = 0; i < command_count(); i++) {
        char line[128];
        (void)snprintf(line, sizeof line, ".It Ic %s", COMMANDS[i].words);
        if (!strstr(page, line)) {
            print_error("authctl.8 has no line '%s'\n", line);
            assert_true(false);
        }
        for (const struct command_option *o = COMMANDS[i].options; o->name; o++) {
            (void)snprintf(line, sizeof line, "Fl Fl %s", o->name);
            if (o->type != COMMAND_SECRET && !strstr(page, line)) {
                print_error("authctl.8 does not name --%s\n", o->name);
                assert_true(false);
            }
        }
    }
    free(page);
}

static void the_completion_has_every_command_and_option(void **state)
{
    (void)state;
    char *script = read_file("docs/completion/authctl.bash");
    for (size_t i = 0; i < command_count(); i++) {
        char entry[128];
        (void)snprintf(entry, sizeof entry, "[\"%s\"]=", COMMANDS[i].words);
        const char *at = strstr(script, entry);
        if (!at) {
            print_error("authctl.bash has no entry %s\n", entry);
            assert_true(false);
        }
        char line[512];
        (void)snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
        for (const struct command_option *o = COMMANDS[i].options; o->name; o++) {
            char word[64];
            (void)snprintf(word, sizeof word, "--%s", o->name);
            if (o->type != COMMAND_SECRET && !strstr(line, word)) {
                print_error("authctl.bash: %s lacks %s\n", COMMANDS[i].words, word);
                assert_true(false);
            }
        }
    }
    free(script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_complete_and_named_once),
        cmocka_unit_test(every_option_explains_itself),
        cmocka_unit_test(the_manual_has_every_command_and_option),
        cmocka_unit_test(the_completion_has_every_command_and_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
