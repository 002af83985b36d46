/* Completion: what may stand at a place of the command line, from the table of commands and, for
 * the ids of keys and services, from the daemon.  Prints nothing when it does not know: a shell in
 * the middle of a line is no place for errors.  Never asks for anything about a person. */
#include "authctl/authctl.h"

#include <string.h>

#include "base/buf.h"

#define WORDS_MAX 64

struct line {
    struct arena *arena;
    FILE *to;
    struct request request; /* where the daemon is, as said earlier on the line */
    const struct command *command;
    const char *first; /* word of a command, when there is no second yet */
    size_t operands;
    const char *previous, *current;
};

static void offer(const struct line *l, const char *word)
{
    if (!strncmp(word, l->current, strlen(l->current))) {
        fprintf(l->to, "%s\n", word);
    }
}

static void offer_words(const struct line *l, const char *words, char between)
{
    struct str rest = str_from(words);
    struct str word;
    while (str_split(&rest, between, &word)) {
        offer(l, str_z(l->arena, word));
    }
}

/* What stands on a command line is read by a shell: ids are made of these, and nothing else is
 * offered, whatever the daemon says. */
static bool is_id(struct str text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    for (size_t i = 0; i < text.n; i++) {
        if (memchr(plain, text.p[i], sizeof plain - 1) == NULL) {
            return false;
        }
    }
    return text.n > 0;
}

/* A member of every row of a list the daemon gives. */
static void offer_listed(struct line *l, const char *command, const char *member, bool usable)
{
    json_t *result = NULL;
    bool reached;
    l->request.command = command_find(str_from(command));
    l->request.arguments = json_own(l->arena, json_object());
    if (ask_daemon(l->arena, &l->request, &result, &reached) != OK) {
        return;
    }
    const json_t *rows = json_object_get(result, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        struct str id = json_member(row, member);
        if (is_id(id) && (!usable || str_eq(json_member(row, "use"), STR("sign")))) {
            offer(l, str_z(l->arena, id));
        }
    }
}

static void offer_value(struct line *l, const char *kind)
{
    if (!strcmp(kind, "FILE") || !strcmp(kind, "PATH")) {
        fprintf(l->to, ":files\n"); /* the shell knows them better */
    } else if (!strcmp(kind, "kid")) {
        offer_listed(l, "keys list", "kid", true);
    } else if (!strcmp(kind, "client_id") || !strcmp(kind, "CLIENT_ID")) {
        offer_listed(l, "client list", "client_id", false);
    } else if (strchr(kind, '|') || !strcmp(kind, "bash")) {
        offer_words(l, kind, '|');
    }
}

static void offer_options(const struct line *l)
{
    for (const struct command_option *o = l->command ? l->command->options : NULL; o && o->name;
         o++) {
        if (o->type != COMMAND_SECRET && o->type != COMMAND_ROWS) {
            offer(l, str_z(l->arena, str_fmt(l->arena, "--%s", o->name)));
        }
    }
    offer_words(l, "--config --socket --json --yes --help --version", ' ');
}

/* First words, or the second words that go with a first one. */
static void offer_commands(const struct line *l)
{
    const char *last = "";
    for (size_t i = 0; i < command_count(); i++) {
        struct str words = str_from(command_at(i)->words);
        struct str first = STR_NONE;
        (void)str_word(&words, &first);
        const char *z = str_z(l->arena, first);
        if (!l->first && strcmp(z, last) != 0) {
            offer(l, z);
            last = z;
        } else if (l->first && !strcmp(z, l->first) && words.n) {
            offer(l, str_z(l->arena, str_trim(words)));
        }
    }
}

static bool takes_value(const struct line *l, const char *word, const char **kind)
{
    if (!strcmp(word, "-c") || !strcmp(word, "--config") || !strcmp(word, "--socket")) {
        *kind = "FILE";
        return true;
    }
    if (strncmp(word, "--", 2) != 0 || !l->command) {
        return false;
    }
    const struct command_option *o = command_option_find(l->command, word + 2);
    if (!o || !o->value) {
        return false;
    }
    *kind = o->value;
    return true;
}

static void take_word(struct line *l, char *word)
{
    if (word[0] == '-') {
        return;
    }
    if (l->command) {
        l->operands++;
        return;
    }
    struct str spelt = l->first ? str_fmt(l->arena, "%s %s", l->first, word) : str_from(word);
    l->command = command_find(spelt);
    l->first = l->command ? NULL : word;
}

static void take(struct line *l, int n, char **words)
{
    for (int i = 0; i + 1 < n; i++) {
        const char *kind;
        if (takes_value(l, words[i], &kind) && i + 2 < n) {
            if (words[i][1] == 'c' || !strcmp(words[i], "--config")) {
                l->request.config_path = words[i + 1];
            } else if (!strcmp(words[i], "--socket")) {
                l->request.socket_path = words[i + 1];
            }
            i++;
        } else {
            take_word(l, words[i]);
        }
    }
    l->previous = n > 1 ? words[n - 2] : "";
    l->current = n > 0 ? words[n - 1] : "";
}

void complete(FILE *to, struct arena *a, int n, char **words)
{
    struct line l = {.arena = a, .to = to};
    const char *kind;
    l.request.config_path = authctl_config_path();
    l.request.socket_path = "";
    take(&l, n, words);
    if (takes_value(&l, l.previous, &kind)) {
        offer_value(&l, kind);
    } else if (l.current[0] == '-') {
        offer_options(&l);
    } else if (!l.command) {
        offer_commands(&l);
    } else if (l.command->operand && !l.operands) {
        const struct command_option *o = command_option_find(l.command, l.command->operand);
        offer_value(&l, o->value ? o->value : l.command->operand);
    }
}

void complete_script(FILE *to)
{
    fputs(
        "# Completion of authctl for bash, as `authctl completion bash` prints it: authctl itself "
        "says what may\n"
        "# stand where, from its table of commands and, for the ids of keys and services, from "
        "the daemon.\n"
        "_authctl() {\n"
        "    local current=${COMP_WORDS[COMP_CWORD]} line\n"
        "    COMPREPLY=()\n"
        "    while IFS= read -r line; do\n"
        "        if [[ $line = :files ]]; then\n"
        "            mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
        "            compopt -o filenames 2>/dev/null\n"
        "        else\n"
        "            COMPREPLY+=(\"$line\")\n"
        "        fi\n"
        "    done < <(\"${COMP_WORDS[0]}\" __complete \"${COMP_WORDS[@]:1:COMP_CWORD}\" "
        "2>/dev/null)\n"
        "}\n"
        "complete -F _authctl authctl\n",
        to);
}
