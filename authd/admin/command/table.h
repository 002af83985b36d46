/* How the rows of the tables are written; for table_*.c only. */
#ifndef COMMAND_TABLE_H
#define COMMAND_TABLE_H
#include "command/command.h"

#define END                                                                                        \
    {                                                                                              \
        NULL, COMMAND_FLAG, false, NULL, NULL                                                      \
    }
#define TEXT(name, value, help)                                                                    \
    {                                                                                              \
        name, COMMAND_TEXT, false, value, help                                                     \
    }
#define MUST(name, value, help)                                                                    \
    {                                                                                              \
        name, COMMAND_TEXT, true, value, help                                                      \
    }
#define NUMBER(name, value, help)                                                                  \
    {                                                                                              \
        name, COMMAND_NUMBER, false, value, help                                                   \
    }
#define FLAG(name, help)                                                                           \
    {                                                                                              \
        name, COMMAND_FLAG, false, NULL, help                                                      \
    }
#define JSON(name, must, help)                                                                     \
    {                                                                                              \
        name, COMMAND_JSON, must, "FILE", help                                                     \
    }
#define SECRET(name, help)                                                                         \
    {                                                                                              \
        name, COMMAND_SECRET, false, NULL, help                                                    \
    }
#define OPTIONS(...) ((const struct command_option[]){__VA_ARGS__, END})
#define NO_OPTIONS ((const struct command_option[]){END})

#define SECONDS(n) ((n)*1000L)
#define MINUTES(n) ((n)*60000L)

#define GROUND MUST("ground", "TEXT", "legal ground, kept in the person's history and the audit")
#define WHO_NUMBER                                                                                 \
    TEXT("personal-number", "NUMBER",                                                              \
         "the person's personal number; may also stand where the id does")
/* A command about one person or organisation, who is named by the id or as `options` say. */
#define OF_SOMEBODY(...) .operand = "id", .operand_optional = true, .options = OPTIONS(__VA_ARGS__)
#define REASON TEXT("reason", "TEXT", "why; kept in the audit")

/* A group of commands, with how many it has. */
#define GROUP(name, heading)                                                                       \
    const struct command_group name = {heading, commands, sizeof commands / sizeof commands[0]}
extern const struct command_group COMMANDS_SERVICE;
extern const struct command_group COMMANDS_KEYS;
extern const struct command_group COMMANDS_IDENTITY;
extern const struct command_group COMMANDS_USE;
extern const struct command_group COMMANDS_SERVICES;
extern const struct command_group COMMANDS_SANDBOX;

#endif
