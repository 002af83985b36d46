/* Help, made from the table of commands. */
#include "authctl/authctl.h"

#include <string.h>

#define WRAP 78

/* Text in lines of at most WRAP columns, each after `indent` spaces. */
static void put_wrapped(FILE *to, const char *text, size_t indent)
{
    struct str rest = str_from(text);
    struct str word;
    size_t at = 0;
    while (str_word(&rest, &word)) {
        if (at && at + 1 + word.n > WRAP) {
            fputc('\n', to);
            at = 0;
        }
        if (!at) {
            fprintf(to, "%*s", (int)indent, "");
            at = indent;
        } else {
            fputc(' ', to);
            at++;
        }
        fprintf(to, "%.*s", STR_FMT(word));
        at += word.n;
    }
    fputc('\n', to);
}

static void put_usage(FILE *to, const struct command *c)
{
    fprintf(to, "authctl %s", c->words);
    if (c->operand) {
        fprintf(to, c->operand_optional ? " [%s]" : " %s", c->operand);
    }
    for (const struct command_option *o = c->options; o->name; o++) {
        if (o->required && !(c->operand && !strcmp(c->operand, o->name))) {
            fprintf(to, " --%s %s", o->name, o->value);
        }
    }
}

static size_t usage_width(const struct command *c)
{
    size_t n = strlen(c->words) + (c->operand ? strlen(c->operand) + 3 : 0);
    return n;
}

static void put_one_line(FILE *to, const struct command *c)
{
    fprintf(to, "  %s", c->words);
    if (c->operand) {
        fprintf(to, c->operand_optional ? " [%s]" : " %s", c->operand);
    }
    size_t used = usage_width(c) - (c->operand && !c->operand_optional ? 2 : 0);
    for (; used < 34; used++) {
        fputc(' ', to);
    }
    const char *end = strchr(c->help, '.');
    fprintf(to, "%.*s\n", end ? (int)(end - c->help) : (int)strlen(c->help), c->help);
}

static void put_own_options(FILE *to)
{
    fprintf(to, "Options of every command:\n"
                "  -c, --config FILE   authd's configuration; else $AUTHD_CONFIG or\n"
                "                      /etc/authd/authd.conf\n"
                "      --socket PATH   the control socket itself\n"
                "  -j, --json          print JSON\n"
                "  -y, --yes           don't ask before dangerous acts\n"
                "  -h, --help          this text; after a command, its options and examples\n"
                "  -V, --version\n");
}

void help_all(FILE *to)
{
    fprintf(to, "usage: authctl [OPTION…] COMMAND [ARGUMENT…]\n\nCommands:\n");
    for (size_t i = 0; i < command_count(); i++) {
        put_one_line(to, &COMMANDS[i]);
    }
    fputc('\n', to);
    put_own_options(to);
    fprintf(to, "\nExit status: 0 done, 1 refused, 2 wrong usage, 3 authd cannot be reached.\n"
                "See authctl(8).\n");
}

bool help_group(FILE *to, const char *first_word)
{
    bool found = false;
    size_t n = strlen(first_word);
    for (size_t i = 0; i < command_count(); i++) {
        if (!strncmp(COMMANDS[i].words, first_word, n) && COMMANDS[i].words[n] == ' ') {
            if (to) {
                put_one_line(to, &COMMANDS[i]);
            }
            found = true;
        }
    }
    return found;
}

static void put_option(FILE *to, const struct command_option *o)
{
    if (o->type == COMMAND_SECRET) {
        fprintf(to, "  (standard input)\n");
    } else {
        fprintf(to, "  --%s%s%s\n", o->name, o->value ? " " : "", o->value ? o->value : "");
    }
    put_wrapped(to, o->help, 6);
}

static void put_examples(FILE *to, const char *examples)
{
    struct str rest = str_from(examples);
    struct str line;
    fprintf(to, "\nExamples:\n");
    while (str_split(&rest, '\n', &line)) {
        fprintf(to, "  %.*s\n", STR_FMT(line));
    }
}

void help_command(FILE *to, const struct command *c)
{
    fprintf(to, "usage: ");
    put_usage(to, c);
    fprintf(to, "%s\n\n", c->options->name ? " [OPTION…]" : "");
    put_wrapped(to, c->help, 0);
    if (c->operand && !strcmp(c->operand, "id")) {
        fprintf(to, "\nThe id may be an identity's id or a personal number.\n");
    }
    if (c->options->name) {
        fprintf(to, "\nOptions:\n");
        for (const struct command_option *o = c->options; o->name; o++) {
            put_option(to, o);
        }
    }
    put_examples(to, c->examples);
    fputc('\n', to);
    put_own_options(to);
}
