/* The reader behind json_read: RFC 8259 text becomes jansson values, by recursion no deeper than
 * JSON_DEPTH_MAX.
 *
 * Ours, because jansson's reader (2.14) does not look whether its buffer grew: when memory ends it
 * drops characters or runs past the end.  Here every allocation is looked at.  Must not guess: what
 * the grammar does not allow is refused. */
#include "base/json_text.h"
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/ct.h"
#include "base/json.h"

/* No number of a protocol is longer; more digits than a double or an int64 holds say nothing. */
#define NUMBER_MAX 64

struct reader {
    const char *start;
    const char *p;
    const char *end;
    int depth;
};

static enum err refuse(const struct reader *r, const char *why)
{
    return fail(ERR_INPUT, "json: %s at byte %zu", why, (size_t)(r->p - r->start));
}

static enum err no_memory(void)
{
    return fail(ERR_NO_MEMORY, "json: out of memory");
}

static void skip_space(struct reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t')) {
        r->p++;
    }
}

static bool take(struct reader *r, char c)
{
    if (r->p < r->end && *r->p == c) {
        r->p++;
        return true;
    }
    return false;
}

static bool is_digit(const struct reader *r)
{
    return r->p < r->end && *r->p >= '0' && *r->p <= '9';
}

static bool take_digits(struct reader *r)
{
    if (!is_digit(r)) {
        return false;
    }
    while (is_digit(r)) {
        r->p++;
    }
    return true;
}

/* The four digits of a \u escape. */
static bool take_hex4(struct reader *r, unsigned *out)
{
    unsigned v = 0;
    if (r->end - r->p < 4) {
        return false;
    }
    for (int i = 0; i < 4; i++) {
        char c = r->p[i];
        if (c >= '0' && c <= '9') {
            v = v * 16 + (unsigned)(c - '0');
        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            v = v * 16 + (unsigned)((c | 0x20) - 'a') + 10;
        } else {
            return false;
        }
    }
    r->p += 4;
    *out = v;
    return true;
}

static char *put_utf8(char *at, unsigned v)
{
    if (v < 0x80) {
        *at++ = (char)v;
        return at;
    }
    if (v < 0x800) {
        *at++ = (char)(0xC0 | v >> 6);
    } else {
        if (v < 0x10000) {
            *at++ = (char)(0xE0 | v >> 12);
        } else {
            *at++ = (char)(0xF0 | v >> 18);
            *at++ = (char)(0x80 | (v >> 12 & 0x3F));
        }
        *at++ = (char)(0x80 | (v >> 6 & 0x3F));
    }
    *at++ = (char)(0x80 | (v & 0x3F));
    return at;
}

/* Behind "\u".  spec: RFC 8259 §7 what is beyond 16 bits is a pair of surrogates */
static enum err read_unicode(struct reader *r, char **at)
{
    unsigned v;
    unsigned low;
    if (!take_hex4(r, &v)) {
        return refuse(r, "bad \\u escape");
    }
    if (v >= 0xDC00 && v <= 0xDFFF) {
        return refuse(r, "second half of a surrogate pair");
    }
    if (v >= 0xD800 && v <= 0xDBFF) {
        if (!take(r, '\\') || !take(r, 'u') || !take_hex4(r, &low) || low < 0xDC00 ||
            low > 0xDFFF) {
            return refuse(r, "half a surrogate pair");
        }
        v = 0x10000 + ((v - 0xD800) << 10) + (low - 0xDC00);
    }
    if (v == 0) {
        return refuse(r, "NUL in a string");
    }
    *at = put_utf8(*at, v);
    return OK;
}

/* Behind a backslash. */
static enum err read_escape(struct reader *r, char **at)
{
    static const char names[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    if (take(r, 'u')) {
        return read_unicode(r, at);
    }
    const char *found = r->p < r->end && *r->p != '\0' ? strchr(names, *r->p) : NULL;
    if (found == NULL) {
        return refuse(r, "unknown escape");
    }
    r->p++;
    *(*at)++ = meant[found - names];
    return OK;
}

/* A string as bytes: a slice of the text when nothing is escaped, else in memory of its own. */
struct bytes {
    struct str s;
    char *own;
    size_t own_size;
};

static void bytes_free(struct bytes *b)
{
    if (b->own != NULL) {
        ct_wipe(b->own, b->own_size);
        free(b->own);
    }
}

static enum err read_escaped(struct reader *r, struct bytes *out, size_t longest)
{
    char *own = malloc(longest + 1);
    char *at = own;
    enum err e = OK;
    if (own == NULL) {
        return no_memory();
    }
    while (e == OK && *r->p != '"') {
        if (take(r, '\\')) {
            e = read_escape(r, &at);
        } else {
            *at++ = *r->p++;
        }
    }
    *out = (struct bytes){.s = str_of(own, (size_t)(at - own)), .own = own, .own_size = longest};
    r->p++;
    return e;
}

/* Behind the opening quote.  Whatever comes back: *out wants bytes_free. */
static enum err read_bytes(struct reader *r, struct bytes *out)
{
    const char *begin = r->p;
    const char *p = begin;
    bool escaped = false;
    *out = (struct bytes){0};
    for (; p < r->end && *p != '"'; p++) {
        if ((unsigned char)*p < 0x20) {
            r->p = p;
            return refuse(r, "control character in a string");
        }
        if (*p == '\\') {
            escaped = true;
            p++;
        }
    }
    if (p >= r->end) {
        return refuse(r, "string without an end");
    }
    size_t n = (size_t)(p - begin);
    /* spec: RFC 8725 §3.7 UTF-8 only */
    if (!str_utf8(str_of(begin, n))) {
        return refuse(r, "not UTF-8");
    }
    if (escaped) {
        return read_escaped(r, out, n);
    }
    out->s = str_of(begin, n);
    r->p = p + 1;
    return OK;
}

static enum err read_string(struct reader *r, json_t **out)
{
    struct bytes b;
    enum err e = read_bytes(r, &b);
    if (e == OK) {
        *out = json_stringn_nocheck(b.s.p, b.s.n);
        e = *out == NULL ? no_memory() : OK;
    }
    bytes_free(&b);
    return e;
}

/* strtod wants the decimal point of the program's locale. */
static enum err read_real(const struct reader *r, char *text, json_t **out)
{
    char local[NUMBER_MAX + 32];
    const char *point = localeconv()->decimal_point;
    size_t whole = strcspn(text, ".");
    if (text[whole] == '.' && strlen(point) < 16) {
        snprintf(local, sizeof(local), "%.*s%s%s", (int)whole, text, point, text + whole + 1);
        text = local;
    }
    double v = strtod(text, NULL);
    if (isinf(v)) {
        return refuse(r, "number too large");
    }
    *out = json_real(v);
    return *out == NULL ? no_memory() : OK;
}

/* spec: RFC 8259 §6 no leading zeros, digits on both sides of a point */
static enum err read_number(struct reader *r, json_t **out)
{
    const char *begin = r->p;
    bool real = false;
    take(r, '-');
    if (!take(r, '0') && !take_digits(r)) {
        return refuse(r, "no value");
    }
    if (take(r, '.')) {
        real = true;
        if (!take_digits(r)) {
            return refuse(r, "point without digits");
        }
    }
    if (take(r, 'e') || take(r, 'E')) {
        real = true;
        if (!take(r, '+')) {
            take(r, '-');
        }
        if (!take_digits(r)) {
            return refuse(r, "exponent without digits");
        }
    }
    char text[NUMBER_MAX + 1];
    size_t n = (size_t)(r->p - begin);
    if (n > NUMBER_MAX) {
        return refuse(r, "number too long");
    }
    memcpy(text, begin, n);
    text[n] = '\0';
    if (real) {
        return read_real(r, text, out);
    }
    errno = 0;
    long long v = strtoll(text, NULL, 10);
    if (errno == ERANGE) {
        return refuse(r, "number beyond 64 bits");
    }
    *out = json_integer(v);
    return *out == NULL ? no_memory() : OK;
}

static enum err read_word(struct reader *r, json_t **out)
{
    static const struct {
        struct str word;
        json_t *(*make)(void);
    } words[] = {{{"true", 4}, json_true}, {{"false", 5}, json_false}, {{"null", 4}, json_null}};
    struct str rest = str_of(r->p, (size_t)(r->end - r->p));
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_starts(rest, words[i].word)) {
            r->p += words[i].word.n;
            *out = words[i].make();
            return OK;
        }
    }
    return refuse(r, "no value");
}

static enum err read_value(struct reader *r, json_t **out);

static enum err read_element(struct reader *r, json_t *array)
{
    json_t *value = NULL;
    enum err e = read_value(r, &value);
    if (e == OK && json_array_append_new(array, value) != 0) {
        e = no_memory();
    }
    return e;
}

/* spec: RFC 7519 §4, RFC 7515 §4:unique, RFC 7517 §4:unique MUST reject duplicate names */
static enum err read_member(struct reader *r, json_t *object)
{
    struct bytes name = {0};
    json_t *value = NULL;
    if (!take(r, '"')) {
        return refuse(r, "no name");
    }
    enum err e = read_bytes(r, &name);
    if (e == OK && json_object_getn(object, name.s.p, name.s.n) != NULL) {
        e = refuse(r, "duplicate name");
    }
    if (e == OK) {
        skip_space(r);
        e = take(r, ':') ? read_value(r, &value) : refuse(r, "no colon");
    }
    if (e == OK && json_object_setn_new_nocheck(object, name.s.p, name.s.n, value) != 0) {
        e = no_memory();
    }
    bytes_free(&name);
    return e;
}

/* Behind the opening bracket: members or elements up to the closing one. */
static enum err read_list(struct reader *r, json_t *list, char closing,
                          enum err (*read_one)(struct reader *r, json_t *list))
{
    skip_space(r);
    if (take(r, closing)) {
        return OK;
    }
    for (;;) {
        enum err e = read_one(r, list);
        if (e != OK) {
            return e;
        }
        skip_space(r);
        if (take(r, closing)) {
            return OK;
        }
        if (!take(r, ',')) {
            return refuse(r, "neither comma nor end");
        }
        skip_space(r);
    }
}

static enum err read_nested(struct reader *r, json_t **out)
{
    bool is_object = *r->p++ == '{';
    if (++r->depth > JSON_DEPTH_MAX) {
        return fail(ERR_LIMIT, "json: more than %d levels", JSON_DEPTH_MAX);
    }
    json_t *list = is_object ? json_object() : json_array();
    enum err e = list == NULL ? no_memory()
                 : is_object  ? read_list(r, list, '}', read_member)
                              : read_list(r, list, ']', read_element);
    r->depth--;
    if (e == OK) {
        *out = list;
        list = NULL;
    }
    json_decref(list);
    return e;
}

static enum err read_value(struct reader *r, json_t **out)
{
    skip_space(r);
    char c = r->p < r->end ? *r->p : '\0';
    if (c == '{' || c == '[') {
        return read_nested(r, out);
    }
    if (take(r, '"')) {
        return read_string(r, out);
    }
    return c == '-' || is_digit(r) ? read_number(r, out) : read_word(r, out);
}

enum err json_text_read(struct str text, json_t **out)
{
    struct reader r = {.start = text.p, .p = text.p, .end = text.p + text.n};
    json_t *value = NULL;
    skip_space(&r);
    if (r.p == r.end || (*r.p != '{' && *r.p != '[')) {
        return refuse(&r, "neither object nor array");
    }
    enum err e = read_nested(&r, &value);
    if (e != OK) {
        return e;
    }
    skip_space(&r);
    if (r.p != r.end) {
        json_decref(value);
        return refuse(&r, "text behind the end");
    }
    *out = value;
    return OK;
}
