/* "Did you mean": the nearest word by edits (Levenshtein, and two letters swapped), when it is near
 * enough to be meant. */
#include "authctl/authctl.h"

#include <string.h>

#define WORD_MAX 48

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Bytes are enough: commands and options are ASCII. */
static size_t distance(struct str x, struct str y)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    if (x.n > WORD_MAX || y.n > WORD_MAX) {
        return WORD_MAX;
    }
    for (size_t i = 0; i <= y.n; i++) {
        above[i] = i;
    }
    for (size_t i = 1; i <= x.n; i++) {
        row[0] = i;
        for (size_t k = 1; k <= y.n; k++) {
            bool same = x.p[i - 1] == y.p[k - 1];
            row[k] = least(least(above[k] + 1, row[k - 1] + 1), above[k - 1] + (same ? 0 : 1));
            if (i > 1 && k > 1 && x.p[i - 1] == y.p[k - 2] && x.p[i - 2] == y.p[k - 1]) {
                row[k] = least(row[k], before[k - 2] + 1);
            }
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[y.n];
}

static void consider(struct str typed, const char *word, size_t *best, const char **out)
{
    size_t n = distance(typed, str_from(word));
    size_t near = typed.n < 4 ? 1 : typed.n < 10 ? 2 : 3;
    if (n <= near && n < *best) {
        *best = n;
        *out = word;
    }
}

const char *suggest_command(struct arena *a, struct str first, struct str second)
{
    const char *found = NULL;
    size_t best = WORD_MAX;
    struct str both = str_fmt(a, "%.*s %.*s", STR_FMT(first), STR_FMT(second));
    for (size_t i = 0; i < command_count(); i++) {
        bool two = strchr(command_at(i)->words, ' ') != NULL;
        consider(two ? both : first, command_at(i)->words, &best, &found);
    }
    return found;
}

const char *suggest_option(const struct command *c, struct str typed)
{
    static const char *const own[] = {"config", "socket", "json", "yes", "help", "version"};
    const char *found = NULL;
    size_t best = WORD_MAX;
    for (const struct command_option *o = c ? c->options : NULL; o && o->name; o++) {
        if (o->type != COMMAND_SECRET && o->type != COMMAND_ROWS) {
            consider(typed, o->name, &best, &found);
        }
    }
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        consider(typed, own[i], &best, &found);
    }
    return found;
}
