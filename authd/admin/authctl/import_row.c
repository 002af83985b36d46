/* See import_row.h.  Must not judge attributes: that is the daemon's, by the rules of identity add.
 */
#include "authctl/import_row.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"

enum cell { CELL_TEXT, CELL_BOOL, CELL_NUMBER };
struct import_column {
    const char *name;      /* in the file */
    const char *attribute; /* of the object, or of its address */
    enum cell cell;
    bool in_address;
    bool written; /* by identity generate */
};

/* docs/claims.md, and the words that identity add has for some of them */
static const struct import_column COLUMNS[] = {
    {"personal_number", "personal_number", CELL_TEXT, false, true},
    {"organisation_code", "organisation_code", CELL_TEXT, false, false},
    {"name", "name", CELL_TEXT, false, true},
    {"family_name", "family_name", CELL_TEXT, false, false},
    {"middle_name", "middle_name", CELL_TEXT, false, false},
    {"given_name", "given_name", CELL_TEXT, false, false},
    {"birthdate", "birthdate", CELL_TEXT, false, true},
    {"gender", "gender", CELL_TEXT, false, true},
    {"sex", "gender", CELL_TEXT, false, false},
    {"province", "province", CELL_TEXT, false, false},
    {"email", "email", CELL_TEXT, false, true},
    {"email_verified", "email_verified", CELL_BOOL, false, true},
    {"phone_number", "phone_number", CELL_TEXT, false, true},
    {"phone", "phone_number", CELL_TEXT, false, false},
    {"phone_number_verified", "phone_number_verified", CELL_BOOL, false, true},
    {"address", "formatted", CELL_TEXT, true, true},
    {"street_address", "street_address", CELL_TEXT, true, true},
    {"locality", "locality", CELL_TEXT, true, true},
    {"region", "region", CELL_TEXT, true, true},
    {"postal_code", "postal_code", CELL_TEXT, true, false},
    {"country", "country", CELL_TEXT, true, true},
    {"locale", "locale", CELL_TEXT, false, false},
    {"zoneinfo", "zoneinfo", CELL_TEXT, false, false},
    {"short_name", "short_name", CELL_TEXT, false, false},
    {"foreign_name", "foreign_name", CELL_TEXT, false, false},
    {"founded", "founded", CELL_TEXT, false, false},
    {"legal_representative_name", "legal_representative_name", CELL_TEXT, false, false},
    {"legal_representative_personal_number", "legal_representative_personal_number", CELL_TEXT,
     false, false},
    {"account_level", "account_level", CELL_NUMBER, false, true},
    {"level", "account_level", CELL_NUMBER, false, false},
    {"state", "state", CELL_TEXT, false, true},
};
#define N_COLUMNS (sizeof COLUMNS / sizeof COLUMNS[0])

/* One field from *rest, with the comma behind it; *more: there was one. */
static enum err field(struct arena *a, struct str *rest, struct str *out, bool *more)
{
    struct str s = *rest;
    size_t i = 0;
    if (!s.n || s.p[0] != '"') {
        i = str_find(s, ',');
        *out = str_of(s.p, i);
        if (str_has_byte(*out, '"')) {
            return fail(ERR_INPUT, "a quote inside a field that does not begin with one");
        }
    } else {
        char *text = arena_alloc(a, s.n);
        size_t n = 0;
        for (i = 1; i < s.n; i++) {
            if (s.p[i] == '"') {
                if (i + 1 >= s.n || s.p[i + 1] != '"') {
                    break;
                }
                i++; /* spec: RFC 4180 §2.7: a doubled quote is a quote */
            }
            text[n++] = s.p[i];
        }
        if (i >= s.n) {
            return fail(ERR_INPUT, "a quote is not closed");
        }
        i++;
        if (i < s.n && s.p[i] != ',') {
            return fail(ERR_INPUT, "text behind a closing quote");
        }
        *out = str_of(text, n);
    }
    *more = i < s.n;
    *rest = *more ? str_of(s.p + i + 1, s.n - i - 1) : STR_NONE;
    return OK;
}

enum err import_csv_fields(struct arena *a, struct str record, struct str *out, size_t max,
                           size_t *n)
{
    bool more = true;
    size_t used = 0;
    if (!str_utf8(record)) {
        return fail(ERR_INPUT, "not UTF-8");
    }
    while (more) {
        if (used == max) {
            return fail(ERR_INPUT, "more than %zu fields", max);
        }
        TRY(field(a, &record, &out[used], &more));
        used++;
    }
    *n = used;
    return OK;
}

enum err import_columns_read(struct arena *a, struct str record, struct import_columns *out)
{
    struct str names[IMPORT_COLUMNS_MAX];
    struct import_columns columns = {.n = 0};
    size_t n;
    TRY(import_csv_fields(a, record, names, IMPORT_COLUMNS_MAX, &n));
    for (size_t i = 0; i < n; i++) {
        const struct import_column *c = NULL;
        for (size_t k = 0; k < N_COLUMNS && !c; k++) {
            c = str_eqz(str_trim(names[i]), COLUMNS[k].name) ? &COLUMNS[k] : NULL;
        }
        if (!c) {
            return fail(ERR_INPUT,
                        "the first line names the columns, and number %zu is none that is known",
                        i + 1);
        }
        for (size_t k = 0; k < columns.n; k++) {
            if (!strcmp(columns.v[k]->attribute, c->attribute) &&
                columns.v[k]->in_address == c->in_address) {
                return fail(ERR_INPUT, "the column %s is there twice", c->name);
            }
        }
        columns.v[columns.n++] = c;
    }
    *out = columns;
    return OK;
}

static enum err cell(const struct import_column *c, struct str text, json_t **out)
{
    int64_t number;
    switch (c->cell) {
    case CELL_TEXT:
        *out = json_str(text);
        return OK;
    case CELL_BOOL:
        if (!str_eqz(text, "true") && !str_eqz(text, "false")) {
            return fail(ERR_INPUT, "%s: true or false", c->name);
        }
        *out = json_boolean(str_eqz(text, "true"));
        return OK;
    case CELL_NUMBER:
        if (!str_i64(text, &number)) {
            return fail(ERR_INPUT, "%s: a whole number", c->name);
        }
        *out = json_integer(number);
        return OK;
    }
    return fail(ERR_INTERNAL, "import: a cell of no kind");
}

enum err import_row_csv(struct arena *a, const struct import_columns *columns, struct str record,
                        json_t **out)
{
    struct str fields[IMPORT_COLUMNS_MAX];
    size_t n;
    TRY(import_csv_fields(a, record, fields, IMPORT_COLUMNS_MAX, &n));
    if (n != columns->n) {
        return fail(ERR_INPUT, "%zu fields, where the first line names %zu", n, columns->n);
    }
    json_t *row = json_own(a, json_object());
    json_t *address = json_own(a, json_object());
    for (size_t i = 0; i < n; i++) {
        struct str text = str_trim(fields[i]);
        json_t *value;
        if (!text.n) {
            continue;
        }
        TRY(cell(columns->v[i], text, &value));
        json_object_set_new(columns->v[i]->in_address ? address : row, columns->v[i]->attribute,
                            value);
    }
    if (json_object_size(address)) {
        json_object_set(row, "address", address);
    }
    *out = row;
    return OK;
}

enum err import_row_json(struct arena *a, struct str record, json_t **out)
{
    json_t *row;
    TRY(json_read_in(a, record, &row));
    if (!json_is_object(row)) {
        return fail(ERR_INPUT, "not a JSON object");
    }
    *out = row;
    return OK;
}

void import_csv_header_write(FILE *to)
{
    bool first = true;
    for (size_t i = 0; i < N_COLUMNS; i++) {
        if (COLUMNS[i].written) {
            fprintf(to, "%s%s", first ? "" : ",", COLUMNS[i].name);
            first = false;
        }
    }
    fputs("\r\n", to);
}

static void cell_write(FILE *to, struct str text)
{
    bool plain = true;
    for (size_t i = 0; i < text.n; i++) {
        plain = plain && !strchr(",\"\r\n", text.p[i]);
    }
    if (plain) {
        fwrite(text.p, 1, text.n, to);
        return;
    }
    fputc('"', to);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"') {
            fputc('"', to);
        }
        fputc(text.p[i], to);
    }
    fputc('"', to);
}

void import_csv_write(FILE *to, const json_t *attributes)
{
    const json_t *address = json_object_get(attributes, "address");
    bool first = true;
    for (size_t i = 0; i < N_COLUMNS; i++) {
        const struct import_column *c = &COLUMNS[i];
        if (!c->written) {
            continue;
        }
        const json_t *v = json_object_get(c->in_address ? address : attributes, c->attribute);
        if (!first) {
            fputc(',', to);
        }
        first = false;
        if (json_is_string(v)) {
            cell_write(to, str_of(json_string_value(v), json_string_length(v)));
        } else if (json_is_boolean(v)) {
            fputs(json_is_true(v) ? "true" : "false", to);
        } else if (json_is_integer(v)) {
            fprintf(to, "%lld", (long long)json_integer_value(v));
        }
    }
    fputs("\r\n", to);
}
