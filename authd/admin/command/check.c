/* Looking up commands, and checking what a request says against their table.  Knows no command by
 * name. */
#include "command/command.h"

#include <string.h>

const struct command *command_find(struct str words)
{
    const struct command *c = NULL;
    for (size_t i = 0; (c = command_at(i)) != NULL && !str_eqz(words, c->words); i++) {
    }
    return c;
}

bool command_is_dangerous(const struct command *c, const json_t *arguments)
{
    return c->danger && (!c->danger_option || json_object_get(arguments, c->danger_option));
}

const struct command_option *command_option_find(const struct command *c, const char *name)
{
    static const struct command_option operand = {"operand", COMMAND_TEXT, false, NULL, NULL};
    for (const struct command_option *o = c->options; o->name; o++) {
        if (!strcmp(o->name, name)) {
            return o;
        }
    }
    return c->operand && !strcmp(c->operand, name) ? &operand : NULL;
}

static bool is_of_type(const json_t *value, enum command_type type)
{
    switch (type) {
    case COMMAND_TEXT:
    case COMMAND_SECRET:
        return json_is_string(value) && json_string_length(value) > 0;
    case COMMAND_NUMBER:
        return json_is_integer(value);
    case COMMAND_FLAG:
        return json_is_boolean(value);
    case COMMAND_JSON:
        return json_is_object(value);
    case COMMAND_ROWS:
        return json_is_array(value);
    }
    return false;
}

static const char *type_name(enum command_type type)
{
    static const char *const names[] = {
        [COMMAND_TEXT] = "text that is not empty",
        [COMMAND_NUMBER] = "a whole number",
        [COMMAND_FLAG] = "true or false",
        [COMMAND_JSON] = "a JSON object",
        [COMMAND_SECRET] = "text",
        [COMMAND_ROWS] = "an array",
    };
    return names[type];
}

/* words: "male|female" */
static bool is_one_of(const char *words, struct str value)
{
    struct str rest = str_from(words);
    struct str word;
    while (str_split(&rest, '|', &word)) {
        if (str_eq(word, value)) {
            return true;
        }
    }
    return false;
}

enum err command_arguments_check(const struct command *c, const json_t *arguments)
{
    if (!json_is_object(arguments)) {
        return fail(ERR_INPUT, "%s: arguments must be an object", c->words);
    }
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)arguments, name, value) /* jansson's macro wants it writable */
    {
        const struct command_option *o = command_option_find(c, name);
        if (!o) {
            return fail(ERR_INPUT, "%s: there is no argument %s", c->words, name);
        }
        if (o->value && strchr(o->value, '|') && o->type == COMMAND_TEXT && json_is_string(value) &&
            !is_one_of(o->value, json_member(arguments, name))) {
            return fail(ERR_INPUT, "%s: %s must be one of %s", c->words, name, o->value);
        }
        if (!is_of_type(value, o->type)) {
            return fail(ERR_INPUT, "%s: %s must be %s", c->words, name, type_name(o->type));
        }
    }
    for (const struct command_option *o = c->options; o->name; o++) {
        if (o->required && !json_object_get(arguments, o->name)) {
            return fail(ERR_INPUT, "%s: --%s is missing", c->words, o->name);
        }
    }
    if (c->operand && !c->operand_optional && !json_object_get(arguments, c->operand)) {
        return fail(ERR_INPUT, "%s: the %s is missing", c->words, c->operand);
    }
    return OK;
}
