/* Help, made from the table of commands. */
#include "authctl/authctl.h"

#include <string.h>

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

#define NAME_COLUMN 34
#define WIDEST 100

/* Name and first sentence. */
static void put_one_line(FILE *to, const struct screen *s, const struct command *c)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s%s%s%s", c->words, c->operand ? " " : "",
                   c->operand && c->operand_optional ? "[" : "", c->operand ? c->operand : "");
    fprintf(to, "  %s%s", name, c->operand && c->operand_optional ? "]" : "");
    size_t used = strlen(name) + (c->operand && c->operand_optional ? 1 : 0) + 2;
    struct str sentence = str_of(c->help, strcspn(c->help, "."));
    size_t wide = s->columns && s->columns < WIDEST ? s->columns : WIDEST;
    for (struct str line; (line = screen_line(&sentence, wide - NAME_COLUMN)).p; used = 0) {
        fprintf(to, "%*s%.*s\n", (int)(NAME_COLUMN - used), "", STR_FMT(line));
    }
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

static void put_title(FILE *to, const struct screen *s, const char *title)
{
    fputc('\n', to);
    screen_put(to, s, TONE_HEAD, str_from(title));
    fputs(":\n", to);
}

static void put_exits(FILE *to, const struct screen *s)
{
    put_title(to, s, "Exit status");
    for (size_t i = 0; i < command_exit_count(); i++) {
        struct str text = str_from(COMMAND_EXITS[i]);
        struct str line;
        for (bool first = true; (line = screen_line(&text, 70)).p; first = false) {
            if (first) {
                fprintf(to, "  %zu  %.*s\n", i, STR_FMT(line));
            } else {
                fprintf(to, "     %.*s\n", STR_FMT(line));
            }
        }
    }
}

void help_all(FILE *to, const struct screen *s)
{
    fprintf(to, "usage: authctl [OPTION…] COMMAND [ARGUMENT…]\n");
    for (const struct command_group *const *g = COMMAND_GROUPS; *g; g++) {
        put_title(to, s, (*g)->title);
        for (size_t i = 0; i < (*g)->n; i++) {
            put_one_line(to, s, &(*g)->commands[i]);
        }
    }
    fputc('\n', to);
    put_own_options(to);
    put_exits(to, s);
    fprintf(to, "\nauthctl COMMAND --help explains one, with examples.  See authctl(8).\n");
}

bool help_group(FILE *to, const struct screen *s, const char *first_word)
{
    bool found = false;
    size_t n = strlen(first_word);
    for (size_t i = 0; i < command_count(); i++) {
        if (!strncmp(command_at(i)->words, first_word, n) && command_at(i)->words[n] == ' ') {
            if (to) {
                put_one_line(to, s, command_at(i));
            }
            found = true;
        }
    }
    return found;
}

static void put_option(FILE *to, const struct screen *s, const struct command_option *o)
{
    if (o->type == COMMAND_SECRET) {
        fprintf(to, "  (standard input)\n");
    } else {
        fprintf(to, "  --%s%s%s%s\n", o->name, o->value ? " " : "", o->value ? o->value : "",
                o->required ? "  (must be given)" : "");
    }
    screen_wrap(to, s, str_from(o->help), 6);
}

static void put_examples(FILE *to, const struct screen *s, const char *examples)
{
    struct str rest = str_from(examples);
    struct str line;
    put_title(to, s, "Examples");
    while (str_split(&rest, '\n', &line)) {
        fprintf(to, "  %.*s\n", STR_FMT(line));
    }
}

void help_command(FILE *to, const struct screen *s, const struct command *c)
{
    fprintf(to, "usage: ");
    put_usage(to, c);
    fprintf(to, "%s\n\n", c->options->name ? " [OPTION…]" : "");
    screen_wrap(to, s, str_from(c->help), 0);
    if (c->operand && !strcmp(c->operand, "id")) {
        fprintf(to, "\nThe id may be an identity's id or a personal number.\n");
    }
    if (c->danger) {
        fputc('\n', to);
        screen_wrap(to, s,
                    c->danger_option
                        ? STR("With --force asks first on a terminal; elsewhere it wants --yes:")
                        : STR("Asks first on a terminal; elsewhere it wants --yes:"),
                    0);
        screen_wrap(to, s, str_from(c->danger), 2);
    }
    if (c->options->name) {
        put_title(to, s, "Options");
        for (const struct command_option *o = c->options; o->name; o++) {
            if (o->type != COMMAND_ROWS) {
                put_option(to, s, o);
            }
        }
    }
    put_examples(to, s, c->examples);
    fputc('\n', to);
    put_own_options(to);
    fprintf(to, "\nExit status: 0 done, 1 refused, 2 wrong usage, 3 authd cannot be reached.\n");
}
