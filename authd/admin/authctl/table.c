/* A table for people.  On a terminal that is too narrow, first columns go that are empty in every
 * row, then times lose their seconds, then words wrap inside their column, and what still is too
 * wide is written as one block for each row.  A word is never cut: half an id is none. */
#include "authctl/authctl.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"

#define COLUMNS_MAX 16
#define GAP 2

struct table {
    struct str head[COLUMNS_MAX]; /* as shown: upper case, spaces */
    struct str name[COLUMNS_MAX]; /* as in the answer */
    size_t wide[COLUMNS_MAX];
    size_t least[COLUMNS_MAX]; /* its longest word */
    size_t n, rows;
    struct str *cells;
};

static struct str shouted(struct arena *a, struct str name)
{
    char *head = str_z(a, name);
    for (char *c = head; *c; c++) {
        *c = *c == '_' ? ' ' : (char)toupper((unsigned char)*c);
    }
    return str_from(head);
}

static size_t longest_word(struct str text)
{
    size_t most = 0;
    struct str word;
    while (str_word(&text, &word)) {
        size_t n = screen_width(word);
        most = n > most ? n : most;
    }
    return most;
}

static void measure(struct table *t, size_t column, struct str text)
{
    size_t n = screen_width(text);
    size_t word = longest_word(text);
    t->wide[column] = n > t->wide[column] ? n : t->wide[column];
    t->least[column] = word > t->least[column] ? word : t->least[column];
}

static void fill(struct arena *a, struct table *t, const char *columns, const json_t *rows)
{
    struct str rest = str_from(columns);
    while (t->n < COLUMNS_MAX && str_word(&rest, &t->name[t->n])) {
        t->head[t->n] = shouted(a, t->name[t->n]);
        measure(t, t->n, t->head[t->n]);
        t->n++;
    }
    t->rows = json_array_size(rows);
    t->cells = arena_array(a, t->rows * t->n + 1, sizeof *t->cells);
    for (size_t r = 0; r < t->rows; r++) {
        const json_t *row = json_array_get(rows, r);
        for (size_t i = 0; i < t->n; i++) {
            struct str text = print_cell(a, json_object_get(row, str_z(a, t->name[i])));
            t->cells[r * t->n + i] = text;
            measure(t, i, text);
        }
    }
}

static size_t width_of(const struct table *t)
{
    size_t sum = 0;
    for (size_t i = 0; i < t->n; i++) {
        sum += t->wide[i] + (t->wide[i] && i + 1 < t->n ? GAP : 0);
    }
    return sum;
}

static void drop_empty(struct table *t)
{
    for (size_t i = 0; i < t->n && t->rows; i++) {
        bool empty = true;
        for (size_t r = 0; r < t->rows; r++) {
            empty = empty && str_eq(t->cells[r * t->n + i], STR("-"));
        }
        if (empty) {
            t->wide[i] = t->least[i] = 0;
        }
    }
}

/* 2027-01-31T03:00:00Z as 2027-01-31 03:00. */
static bool shorten_time(struct arena *a, struct str *cell)
{
    if (cell->n != 20 || cell->p[10] != 'T' || cell->p[19] != 'Z' || cell->p[4] != '-') {
        return false;
    }
    *cell = str_fmt(a, "%.10s %.5s", cell->p, cell->p + 11);
    return true;
}

static void shorten_times(struct arena *a, struct table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        bool any = false;
        for (size_t r = 0; r < t->rows; r++) {
            any = shorten_time(a, &t->cells[r * t->n + i]) || any;
        }
        if (!any) {
            continue;
        }
        t->wide[i] = t->least[i] = 0;
        measure(t, i, t->head[i]);
        for (size_t r = 0; r < t->rows; r++) {
            measure(t, i, t->cells[r * t->n + i]);
        }
    }
}

static size_t widest_line(struct str text, size_t columns)
{
    size_t most = 0;
    struct str line;
    while ((line = screen_line(&text, columns)).p) {
        size_t n = screen_width(line);
        most = n > most ? n : most;
    }
    return most;
}

/* The next smaller width at which this column's words wrap. */
static size_t narrower(const struct table *t, size_t column)
{
    size_t columns = t->wide[column] - 1;
    size_t most = widest_line(t->head[column], columns);
    for (size_t r = 0; r < t->rows; r++) {
        size_t n = widest_line(t->cells[r * t->n + column], columns);
        most = n > most ? n : most;
    }
    return most;
}

/* false: can't be made to fit. */
static bool squeeze(struct arena *a, struct table *t, size_t columns)
{
    if (width_of(t) > columns) {
        drop_empty(t);
    }
    if (width_of(t) > columns) {
        shorten_times(a, t);
    }
    while (width_of(t) > columns) {
        size_t most = 0;
        for (size_t i = 1; i < t->n; i++) {
            if (t->wide[i] - t->least[i] > t->wide[most] - t->least[most]) {
                most = i;
            }
        }
        if (t->wide[most] == t->least[most]) {
            return false;
        }
        t->wide[most] = narrower(t, most);
    }
    return true;
}

static size_t last_shown(const struct table *t)
{
    size_t last = 0;
    for (size_t i = 0; i < t->n; i++) {
        last = t->wide[i] ? i : last;
    }
    return last;
}

static void put_row(FILE *to, const struct screen *s, const struct table *t, const struct str *row,
                    bool head)
{
    struct str rest[COLUMNS_MAX];
    bool more = true;
    size_t last = last_shown(t);
    memcpy(rest, row, t->n * sizeof rest[0]);
    while (more) {
        more = false;
        size_t owed = 0; /* spaces not written yet: none stand at the end of a line */
        for (size_t i = 0; i <= last; i++) {
            if (!t->wide[i]) {
                continue;
            }
            struct str part = s->columns ? screen_line(&rest[i], t->wide[i]) : rest[i];
            bool state = str_eq(t->name[i], STR("state")) || str_eq(t->name[i], STR("severity"));
            if (str_is(part)) {
                fprintf(to, "%*s", (int)owed, "");
                owed = 0;
                screen_put(to, s,
                           head    ? TONE_HEAD
                           : state ? screen_tone_of(part)
                                   : TONE_PLAIN,
                           part);
            }
            owed += t->wide[i] - screen_width(part) + GAP;
            struct str after = rest[i], word;
            more = more || (s->columns && str_word(&after, &word));
        }
        fputc('\n', to);
    }
}

static void put_blocks(FILE *to, const struct screen *s, const struct table *t)
{
    size_t wide = 0;
    for (size_t i = 0; i < t->n; i++) {
        size_t n = screen_width(t->head[i]);
        wide = t->wide[i] && n > wide ? n : wide;
    }
    for (size_t r = 0; r < t->rows; r++) {
        fprintf(to, "%s", r ? "\n" : "");
        for (size_t i = 0; i < t->n; i++) {
            struct str cell = t->cells[r * t->n + i];
            if (t->wide[i] && !str_eq(cell, STR("-"))) {
                screen_put(to, s, TONE_HEAD, t->head[i]);
                fprintf(to, "%*s", (int)(wide - screen_width(t->head[i]) + GAP), "");
                screen_value(to, s, cell, wide + GAP);
            }
        }
    }
}

void print_table(FILE *to, struct arena *a, const struct screen *s, const char *columns,
                 const json_t *rows)
{
    struct table t = {0};
    fill(a, &t, columns, rows);
    if (s->columns && !squeeze(a, &t, s->columns) && t.rows) {
        put_blocks(to, s, &t);
        return;
    }
    put_row(to, s, &t, t.head, true);
    for (size_t r = 0; r < t.rows; r++) {
        put_row(to, s, &t, t.cells + r * t.n, false);
    }
}
