/* Texts by key, from the files that the build embedded.  A few hundred lines: searching them from
 * the top costs a microsecond and needs no table that could be out of step. */
#include "page/catalogue.h"

#include <string.h>

#include "page/embedded.h"

struct str embedded_file(const char *name)
{
    for (const struct embedded *e = EMBEDDED; e->name != NULL; e++) {
        if (strcmp(e->name, name) == 0) {
            return str_of(e->bytes, e->n);
        }
    }
    return STR_NONE;
}

struct str catalogue_all(enum language l)
{
    return embedded_file(l == LANGUAGE_EN ? "texts_en.txt" : "texts_vi.txt");
}

bool catalogue_next(struct str *rest, struct str *key, struct str *text)
{
    struct str line;
    while (str_split(rest, '\n', &line)) {
        size_t at = str_find(line, '=');
        if (line.n == 0 || line.p[0] == '#' || at == line.n) {
            continue;
        }
        *key = str_trim(str_of(line.p, at));
        *text = str_trim(str_of(line.p + at + 1, line.n - at - 1));
        return true;
    }
    return false;
}

struct str catalogue_text(enum language l, struct str key)
{
    struct str rest = catalogue_all(l);
    struct str found, text;
    while (catalogue_next(&rest, &found, &text)) {
        if (str_eq(found, key)) {
            return text;
        }
    }
    return STR_NONE;
}
