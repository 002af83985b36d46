/* All commands, group by group.  Texts of the groups are what `authctl --help` shows and authctl(8)
 * repeats; tests compare them with the handlers of the admin process and with the manual page. */
#include "command/table.h"

const struct command_group *const COMMAND_GROUPS[] = {
    &COMMANDS_SERVICE, &COMMANDS_KEYS, &COMMANDS_IDENTITY, &COMMANDS_USE, &COMMANDS_SERVICES,
    &COMMANDS_SANDBOX, NULL,
};

const char *const COMMAND_EXITS[] = {
    "Done.",
    ("Refused, failed, or declined; standard error says why and what to do.  For doctor: it found "
     "something; for identity import: rows were set aside."),
    "Wrong usage.",
    "The daemon cannot be reached.",
};

const struct command *command_at(size_t i)
{
    for (const struct command_group *const *g = COMMAND_GROUPS; *g != NULL; g++) {
        if (i < (*g)->n) {
            return &(*g)->commands[i];
        }
        i -= (*g)->n;
    }
    return NULL;
}

size_t command_count(void)
{
    size_t n = 0;
    for (const struct command_group *const *g = COMMAND_GROUPS; *g != NULL; g++) {
        n += (*g)->n;
    }
    return n;
}

size_t command_exit_count(void)
{
    return sizeof COMMAND_EXITS / sizeof COMMAND_EXITS[0];
}
