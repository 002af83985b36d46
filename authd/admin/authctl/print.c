/* Answers for people: aligned tables, or one line for each member; or JSON as it is.
 *
 * A member "text" is printed as it stands.  A member "rows" is a table with the command's columns
 * (table.c).
 */
#include "authctl/authctl.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define GAP 2

static struct str clean(struct arena *a, struct str text)
{
    return screen_clean(a, text, false);
}

struct str print_cell(struct arena *a, const json_t *value)
{
    struct buf b = buf_in(a);
    if (!value || json_is_null(value)) {
        buf_addz(&b, "-");
    } else if (json_is_string(value)) {
        buf_add(&b, clean(a, str_of(json_string_value(value), json_string_length(value))));
    } else if (json_is_boolean(value)) {
        buf_addz(&b, json_is_true(value) ? "yes" : "no");
    } else if (json_is_integer(value)) {
        buf_fmt(&b, "%lld", (long long)json_integer_value(value));
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            buf_addz(&b, i ? ", " : "");
            buf_add(&b, print_cell(a, json_array_get(value, i)));
        }
    } else {
        const char *name;
        json_t *member;
        json_object_foreach((json_t *)(uintptr_t)value, name, member)
        {
            buf_addz(&b, b.n ? ", " : "");
            buf_add(&b, clean(a, str_from(name)));
            buf_byte(&b, ' ');
            buf_add(&b, print_cell(a, member));
        }
    }
    return b.n ? buf_str(&b) : STR("-");
}

static void put_padded(FILE *to, struct str text, size_t wide)
{
    fprintf(to, "%.*s%*s", STR_FMT(text), (int)(wide - screen_width(text) + GAP), "");
}

/* Lines that are too long for the terminal wrap; the others stay as they are. */
static void print_text(FILE *to, const struct screen *s, struct str text)
{
    struct str line;
    while (str_split(&text, '\n', &line)) {
        if (s->columns && screen_width(line) > s->columns) {
            screen_value(to, s, line, 0);
        } else if (text.n || line.n) {
            fprintf(to, "%.*s\n", STR_FMT(line));
        }
    }
}

/* The members of a member, below its name. */
static void print_part(FILE *to, struct arena *a, const struct screen *s, const char *title,
                       const json_t *part)
{
    size_t wide = 0;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)part, name, value)
    {
        wide = strlen(name) > wide ? strlen(name) : wide;
    }
    fprintf(to, "%.*s\n", STR_FMT(clean(a, str_from(title))));
    json_object_foreach((json_t *)(uintptr_t)part, name, value)
    {
        fprintf(to, "  ");
        put_padded(to, clean(a, str_from(name)), wide);
        screen_value(to, s, print_cell(a, value), wide + GAP + 2);
    }
}

static void print_members(FILE *to, struct arena *a, const struct screen *s, const json_t *result)
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
        if (json_object_size(value) > 3) {
            print_part(to, a, s, name, value);
            continue;
        }
        if (json_is_array(value) && json_is_object(json_array_get(value, 0))) {
            size_t i;
            json_t *row;
            json_array_foreach(value, i, row)
            {
                put_padded(to, i ? STR("") : clean(a, str_from(name)), wide);
                screen_value(to, s, print_cell(a, row), wide + GAP);
            }
            continue;
        }
        put_padded(to, clean(a, str_from(name)), wide);
        screen_value(to, s, print_cell(a, value), wide + GAP);
    }
}

/* Programs get the list itself when there is nothing but a list. */
static void print_json(FILE *to, struct arena *a, const struct screen *s, const json_t *result)
{
    const json_t *rows = json_object_get(result, "rows");
    const json_t *shown = rows && json_object_size(result) == 1 ? rows : result;
    char *text = json_dumps(shown, JSON_INDENT(2) | JSON_ENCODE_ANY);
    if (text) {
        struct str all = str_from(text);
        fprintf(to, "%.*s\n", STR_FMT(s->columns ? screen_clean(a, all, true) : all));
    }
    free(text);
}

void print_answer(FILE *to, const struct screen *s, const struct command *c, const json_t *result,
                  bool as_json)
{
    struct arena *a = arena_new(0);
    if (!a) {
        return;
    }
    if (as_json) {
        print_json(to, a, s, result);
        arena_free(a);
        return;
    }
    const json_t *rows = json_object_get(result, "rows");
    struct str text = json_member(result, "text");
    if (c->view == COMMAND_VIEW_STATUS) {
        view_status(to, a, s, result);
    } else if (c->view == COMMAND_VIEW_DOCTOR) {
        view_doctor(to, a, s, result);
    } else if (str_is(text)) {
        print_text(to, s, screen_clean(a, text, true));
    } else {
        print_members(to, a, s, result);
    }
    if (rows && c->columns) {
        print_table(to, a, s, c->columns, rows);
    }
    arena_free(a);
}
