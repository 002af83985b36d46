/* The table of commands against itself. */
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

static void every_command_is_complete_and_named_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count(); i++) {
        const struct command *c = command_at(i);
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
        for (const struct command_option *o = command_at(i)->options; o->name; o++) {
            assert_true(strlen(o->help) > 3);
            bool takes =
                o->type != COMMAND_FLAG && o->type != COMMAND_SECRET && o->type != COMMAND_ROWS;
            assert_true(takes == (o->value != NULL));
            assert_ptr_equal(command_option_find(command_at(i), o->name), o);
        }
    }
}

static struct str first_word(const struct command *c)
{
    struct str words = str_from(c->words), first = STR_NONE;
    assert_true(str_word(&words, &first));
    return first;
}

/* Help, manual and completion take commands of one first word as belonging together. */
static void commands_of_one_first_word_stand_together(void **state)
{
    (void)state;
    for (size_t i = 1; i < command_count(); i++) {
        struct str first = first_word(command_at(i));
        for (size_t j = 0; j + 1 < i; j++) {
            assert_true(!str_eq(first_word(command_at(j)), first) ||
                        str_eq(first_word(command_at(i - 1)), first));
        }
    }
}

/* What can't be taken back asks first. */
static void dangerous_commands_name_their_effect(void **state)
{
    (void)state;
    static const char *const dangerous[] = {"keys revoke", "keys rotate", "identity close",
                                            "client disable", "session end"};
    for (size_t i = 0; i < sizeof dangerous / sizeof dangerous[0]; i++) {
        const struct command *c = command_find(str_from(dangerous[i]));
        assert_true(c && c->danger && c->danger[strlen(c->danger) - 1] == '.');
    }
    json_t *plain = json_pack("{}");
    json_t *forced = json_pack("{s:b}", "force", 1);
    assert_false(command_is_dangerous(command_find(STR("keys rotate")), plain));
    assert_true(command_is_dangerous(command_find(STR("keys rotate")), forced));
    assert_true(command_is_dangerous(command_find(STR("keys revoke")), plain));
    assert_false(command_is_dangerous(command_find(STR("keys list")), plain));
    json_decref(plain);
    json_decref(forced);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_complete_and_named_once),
        cmocka_unit_test(every_option_explains_itself),
        cmocka_unit_test(commands_of_one_first_word_stand_together),
        cmocka_unit_test(dangerous_commands_name_their_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
