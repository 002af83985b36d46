/* The command line, by the table of commands.  Options of authctl itself may stand anywhere; --json
 * without a file means "print JSON", except for the commands that take a JSON file by that name:
 * there it stands before the command. */
#include "authctl/authctl.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define DEFAULT_CONFIG "/etc/authd/authd.conf"
#define OPTIONS_MAX 32

enum own_option { OWN_CONFIG = 1000, OWN_SOCKET, OWN_JSON, OWN_YES, OWN_HELP, OWN_VERSION };

static const struct option own_options[] = {
    {"config", required_argument, NULL, OWN_CONFIG},
    {"socket", required_argument, NULL, OWN_SOCKET},
    {"json", no_argument, NULL, OWN_JSON},
    {"yes", no_argument, NULL, OWN_YES},
    {"help", no_argument, NULL, OWN_HELP},
    {"version", no_argument, NULL, OWN_VERSION},
};
#define N_OWN (sizeof own_options / sizeof own_options[0])

static bool is_own(const char *name)
{
    for (size_t i = 0; i < N_OWN; i++) {
        if (!strcmp(own_options[i].name, name) || (name[0] == own_options[i].name[0] && !name[1])) {
            return true;
        }
    }
    return false;
}

/* false: not one of authctl's own. */
static bool take_own(struct request *r, int option, char *value)
{
    switch (option) {
    case OWN_CONFIG:
    case 'c':
        r->config_path = value;
        return true;
    case OWN_SOCKET:
        r->socket_path = value;
        return true;
    case OWN_JSON:
    case 'j':
        r->json = true;
        return true;
    case OWN_YES:
    case 'y':
        r->yes = true;
        return true;
    case OWN_HELP:
    case 'h':
        r->help = true;
        return true;
    case OWN_VERSION:
    case 'V':
        r->version = true;
        return true;
    default:
        return false;
    }
}

/* getopt does not say which of the two it was. */
static enum err bad_option(const struct command *c, const char *word)
{
    const char *name = word + strspn(word, "-");
    bool known = (c && command_option_find(c, name)) || is_own(name);
    const char *near = known ? NULL : suggest_option(c, str_of(name, strcspn(name, "=")));
    const char *where = c ? c->words : "authctl";
    if (known) {
        return fail(ERR_INPUT, "%s: %s needs a value", where, word);
    }
    if (near) {
        return fail(ERR_INPUT, "%s: unknown option %s; did you mean --%s?", where, word, near);
    }
    return fail(ERR_INPUT, "%s: unknown option %s", where, word);
}

/* Options before the command's words; *at is where those begin. */
static enum err parse_front(int argc, char **argv, struct request *r, int *at)
{
    struct option options[N_OWN + 1] = {0};
    memcpy(options, own_options, sizeof own_options);
    optind = 0; /* getopt starts anew */
    opterr = 0;
    int option;
    while ((option = getopt_long(argc, argv, "+c:jyhV", options, NULL)) != -1) {
        if (!take_own(r, option, optarg)) {
            return bad_option(NULL, argv[optind - 1]);
        }
    }
    *at = optind;
    return OK;
}

/* The longest command that the words spell. */
static enum err find_command(struct arena *a, int argc, char **argv, int *at, struct request *r)
{
    if (*at >= argc) {
        return fail(ERR_INPUT, "no command");
    }
    struct str first = str_from(argv[*at]);
    if (*at + 1 < argc) {
        struct str both = str_fmt(a, "%s %s", argv[*at], argv[*at + 1]);
        r->command = command_find(both);
        if (r->command) {
            *at += 2;
            return OK;
        }
    }
    r->command = command_find(first);
    bool asks =
        *at + 1 < argc && (!strcmp(argv[*at + 1], "--help") || !strcmp(argv[*at + 1], "-h"));
    const char *second = *at + 1 < argc ? argv[*at + 1] : "";
    const char *near = suggest_command(a, first, str_from(second));
    if (!r->command && help_group(NULL, NULL, argv[*at])) {
        r->group = argv[*at];
        if (asks || r->help) {
            r->help = true;
            return OK;
        }
        if (near) {
            return fail(ERR_INPUT, "there is no command %s %s; did you mean %s?", argv[*at], second,
                        near);
        }
        return fail(ERR_INPUT, "%s: which of its commands? authctl %s --help", argv[*at],
                    argv[*at]);
    }
    if (!r->command) {
        return fail(ERR_INPUT, "there is no command %s%s%s%s%s%s", argv[*at], second[0] ? " " : "",
                    second, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    }
    *at += 1;
    return OK;
}

static enum err put_text(struct request *r, const struct command_option *o, const char *value)
{
    if (!value[0]) {
        return fail(ERR_INPUT, "--%s: empty", o->name);
    }
    if (!str_utf8(str_from(value))) {
        return fail(ERR_INPUT, "--%s: not UTF-8", o->name);
    }
    json_object_set_new(r->arguments, o->name, json_string(value));
    return OK;
}

static enum err put_number(struct request *r, const struct command_option *o, const char *value)
{
    int64_t number;
    if (!str_i64(str_from(value), &number)) {
        return fail(ERR_INPUT, "--%s: %s is not a whole number", o->name, value);
    }
    json_object_set_new(r->arguments, o->name, json_integer(number));
    return OK;
}

static enum err put_json(struct arena *a, struct request *r, const struct command_option *o,
                         const char *path)
{
    struct str text;
    json_t *value;
    TRY(input_read(a, path, &text));
    if (json_read_in(a, text, &value) != OK) {
        struct str why = str_dup(a, str_from(err_reason()));
        return fail(ERR_INPUT, "--%s %s: %.*s", o->name, path, STR_FMT(why));
    }
    if (!json_is_object(value)) {
        return fail(ERR_INPUT, "--%s %s: not a JSON object", o->name, path);
    }
    json_object_set(r->arguments, o->name, value);
    r->json = true; /* who gives JSON gets JSON */
    return OK;
}

static enum err put(struct arena *a, struct request *r, const struct command_option *o,
                    const char *value)
{
    switch (o->type) {
    case COMMAND_TEXT:
        return put_text(r, o, value);
    case COMMAND_NUMBER:
        return put_number(r, o, value);
    case COMMAND_FLAG:
        json_object_set_new(r->arguments, o->name, json_true());
        return OK;
    case COMMAND_JSON:
        return put_json(a, r, o, value);
    case COMMAND_SECRET:
    case COMMAND_ROWS:
        break;
    }
    return fail(ERR_INTERNAL, "--%s: this never stands on the command line", o->name);
}

static size_t options_build(const struct command *c, struct option *out)
{
    size_t n = 0;
    bool has_json = command_option_find(c, "json") != NULL;
    for (size_t i = 0; i < N_OWN; i++) {
        if (own_options[i].val != OWN_JSON || !has_json) {
            out[n++] = own_options[i];
        }
    }
    for (int i = 0; c->options[i].name && n < OPTIONS_MAX - 1; i++) {
        const struct command_option *o = &c->options[i];
        if (o->type != COMMAND_SECRET && o->type != COMMAND_ROWS) {
            int takes = o->type == COMMAND_FLAG ? no_argument : required_argument;
            out[n++] = (struct option){o->name, takes, NULL, i + 1};
        }
    }
    out[n] = (struct option){0};
    return n;
}

static enum err put_operand(struct arena *a, struct request *r, const char *value)
{
    const struct command *c = r->command;
    const struct command_option *same = command_option_find(c, c->operand);
    struct command_option operand = {c->operand, same->type, false, NULL, NULL};
    return put(a, r, &operand, value);
}

static enum err parse_operands(struct arena *a, int argc, char **argv, bool given,
                               struct request *r)
{
    int most = r->command->operand && !given ? 1 : 0;
    if (argc - optind > most) {
        return fail(ERR_INPUT, "%s: %s is one word too many", r->command->words,
                    argv[optind + most]);
    }
    return optind < argc ? put_operand(a, r, argv[optind]) : OK;
}

/* One key id in 64 begins with a dash.  Behind the command's words, more than a letter after a
 * single dash is no option of ours. */
static bool is_dashed_operand(const struct command *c, int argc, char **argv)
{
    return c->operand && argc > 1 && argv[1][0] == '-' && argv[1][1] && argv[1][1] != '-' &&
           argv[1][2];
}

/* Secrets are asked for last, when all else is right. */
static enum err parse_secrets(struct arena *a, struct request *r)
{
    const json_t *first = json_object_get(r->arguments, "password-for-first");
    bool generates = command_option_find(r->command, "password-for-first") != NULL;
    for (const struct command_option *o = r->command->options; o->name; o++) {
        if (o->type == COMMAND_SECRET && (!generates || json_integer_value(first) > 0)) {
            struct str secret;
            TRY(input_secret(a, o->name, &secret));
            json_object_set_new(r->arguments, o->name, json_str(secret));
        }
    }
    return OK;
}

static enum err parse_rest(struct arena *a, int argc, char **argv, struct request *r)
{
    struct option options[OPTIONS_MAX];
    options_build(r->command, options);
    bool given = is_dashed_operand(r->command, argc, argv);
    if (given) {
        TRY(put_operand(a, r, argv[1]));
        argc--;
        argv++; /* getopt passes over it */
    }
    optind = 0;
    int option;
    while ((option = getopt_long(argc, argv, "c:jyhV", options, NULL)) != -1) {
        if (take_own(r, option, optarg)) {
            continue;
        }
        if (option == '?' || option == ':') {
            return bad_option(r->command, argv[optind - 1]);
        }
        TRY(put(a, r, &r->command->options[option - 1], optarg));
    }
    return parse_operands(a, argc, argv, given, r);
}

const char *authctl_config_path(void)
{
    const char *config = getenv("AUTHD_CONFIG");
    return config && config[0] ? config : DEFAULT_CONFIG;
}

enum err authctl_parse(struct arena *a, int argc, char **argv, struct request *out)
{
    struct request r = {
        .arguments = json_own(a, json_object()),
        .config_path = authctl_config_path(),
        .socket_path = "",
    };
    int at = 1;
    TRY(parse_front(argc, argv, &r, &at));
    if ((r.help || r.version) && at >= argc) {
        *out = r;
        return OK;
    }
    TRY(find_command(a, argc, argv, &at, &r));
    if (r.group) {
        *out = r;
        return OK;
    }
    /* getopt passes over the first word: the last one of the command */
    TRY(parse_rest(a, argc - at + 1, argv + at - 1, &r));
    if (!r.help) {
        TRY(command_arguments_check(r.command, r.arguments));
        TRY(parse_secrets(a, &r));
    }
    *out = r;
    return OK;
}
