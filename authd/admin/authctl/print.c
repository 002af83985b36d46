/* Answers for people: aligned tables, or one line for each member; or JSON as it is.
 *
 * A member "text" is printed as it stands.  A member "rows" is a table with the command's columns.
 */
#include "authctl/authctl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define COLUMNS_MAX 16
#define GAP 2

/* How wide a terminal shows it: code points, which is right for names in NFC. */
static size_t width(struct str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
    }
    return n;
}

/* Control characters could rewrite the operator's screen. */
static void put_clean(struct buf *b, struct str text, bool with_lines)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool plain = (c >= ' ' && c != 127) || (c == '\n' && with_lines);
        buf_byte(b, plain ? text.p[i] : '?');
    }
}

static struct str clean(struct arena *a, struct str text, bool with_lines)
{
    struct buf b = buf_in(a);
    put_clean(&b, text, with_lines);
    return buf_str(&b);
}

static struct str cell(struct arena *a, const json_t *value)
{
    struct buf b = buf_in(a);
    if (!value || json_is_null(value)) {
        buf_addz(&b, "-");
    } else if (json_is_string(value)) {
        put_clean(&b, str_of(json_string_value(value), json_string_length(value)), false);
    } else if (json_is_boolean(value)) {
        buf_addz(&b, json_is_true(value) ? "yes" : "no");
    } else if (json_is_integer(value)) {
        buf_fmt(&b, "%lld", (long long)json_integer_value(value));
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            buf_addz(&b, i ? ", " : "");
            buf_add(&b, cell(a, json_array_get(value, i)));
        }
    } else {
        const char *name;
        json_t *member;
        json_object_foreach((json_t *)(uintptr_t)value, name, member)
        {
            buf_addz(&b, b.n ? ", " : "");
            put_clean(&b, str_from(name), false);
            buf_byte(&b, ' ');
            buf_add(&b, cell(a, member));
        }
    }
    return b.n ? buf_str(&b) : STR("-");
}

static void put_padded(FILE *to, struct str text, size_t wide, bool last)
{
    fprintf(to, "%.*s", STR_FMT(text));
    for (size_t n = width(text); !last && n < wide + GAP; n++) {
        fputc(' ', to);
    }
}

static void print_table(FILE *to, struct arena *a, const char *columns, const json_t *rows)
{
    struct str names[COLUMNS_MAX];
    size_t wide[COLUMNS_MAX];
    size_t n = 0;
    struct str rest = str_from(columns);
    while (n < COLUMNS_MAX && str_word(&rest, &names[n])) {
        wide[n] = width(names[n]);
        n++;
    }
    size_t count = json_array_size(rows);
    struct str *cells = arena_array(a, count * n + 1, sizeof *cells);
    for (size_t r = 0; r < count; r++) {
        for (size_t i = 0; i < n; i++) {
            struct str text = cell(a, json_object_get(json_array_get(rows, r), str_z(a, names[i])));
            cells[r * n + i] = text;
            wide[i] = width(text) > wide[i] ? width(text) : wide[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        char *head = str_z(a, names[i]);
        for (char *c = head; *c; c++) {
            *c = *c == '_' ? ' ' : (char)toupper((unsigned char)*c);
        }
        put_padded(to, str_from(head), wide[i], i + 1 == n);
    }
    fputc('\n', to);
    for (size_t r = 0; r < count; r++) {
        for (size_t i = 0; i < n; i++) {
            put_padded(to, cells[r * n + i], wide[i], i + 1 == n);
        }
        fputc('\n', to);
    }
}

static void print_members(FILE *to, struct arena *a, const json_t *result)
{
    size_t wide = 0;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)result, name, value)
    {
        wide = strlen(name) > wide ? strlen(name) : wide;
    }
    json_object_foreach((json_t *)(uintptr_t)result, name, value)
    {
        if (!strcmp(name, "text") || !strcmp(name, "rows")) {
            continue;
        }
        if (json_is_array(value) && json_is_object(json_array_get(value, 0))) {
            size_t i;
            json_t *row;
            json_array_foreach(value, i, row)
            {
                put_padded(to, i ? STR("") : clean(a, str_from(name), false), wide, false);
                fprintf(to, "%.*s\n", STR_FMT(cell(a, row)));
            }
            continue;
        }
        put_padded(to, clean(a, str_from(name), false), wide, false);
        fprintf(to, "%.*s\n", STR_FMT(cell(a, value)));
    }
}

/* Programs get the list itself when there is nothing but a list. */
static void print_json(FILE *to, const json_t *result)
{
    const json_t *rows = json_object_get(result, "rows");
    const json_t *shown = rows && json_object_size(result) == 1 ? rows : result;
    json_dumpf(shown, to, JSON_INDENT(2) | JSON_ENCODE_ANY);
    fputc('\n', to);
}

void print_answer(FILE *to, const struct command *c, const json_t *result, bool as_json)
{
    if (as_json) {
        print_json(to, result);
        return;
    }
    struct arena *a = arena_new(0);
    if (!a) {
        return;
    }
    const json_t *rows = json_object_get(result, "rows");
    struct str text = json_member(result, "text");
    if (str_is(text)) {
        fprintf(to, "%.*s%s", STR_FMT(clean(a, text, true)), str_ends(text, STR("\n")) ? "" : "\n");
    } else {
        print_members(to, a, result);
    }
    if (rows && c->columns) {
        print_table(to, a, c->columns, rows);
    }
    arena_free(a);
}
