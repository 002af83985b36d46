/* Values to compact JSON text, byte for byte as jansson's json_dumps(JSON_COMPACT |
 * JSON_ENCODE_ANY) writes it, which is the oracle of the test.  What needs no escape is copied in
 * runs: texts with tokens in them are long.  Must not be given a value that contains itself. */
#include <stdint.h>
#include <string.h>
#include "base/buf.h"
#include "base/json.h"

#define DEPTH_MAX 64 /* what was read has JSON_DEPTH_MAX; the rest we built */

static bool needs_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

/* spec: RFC 8259 §7 MUST be escaped: quotation mark, reverse solidus, control characters */
static void escape_write(struct buf *b, unsigned char c)
{
    static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (size_t i = 0; i + 1 < sizeof(named); i += 2) {
        if ((unsigned char)named[i] == c) {
            buf_byte(b, '\\');
            buf_byte(b, named[i + 1]);
            return;
        }
    }
    buf_fmt(b, "\\u%04X", c);
}

/* Does one of eight bytes need an escape?  In each byte the top bit stays 0 unless it is below
 * 0x20, or a quotation mark or reverse solidus, which become 0 by the exclusive or. */
static bool eight_need_escape(const char *p)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    uint64_t quote = v ^ ones * '"';
    uint64_t solidus = v ^ ones * '\\';
    uint64_t found =
        ((v - ones * 0x20) & ~v) | ((quote - ones) & ~quote) | ((solidus - ones) & ~solidus);
    return (found & ones * 0x80) != 0;
}

static void text_write(struct buf *b, const char *p, size_t n)
{
    size_t from = 0;
    buf_byte(b, '"');
    for (size_t i = 0; i < n; i++) {
        while (n - i > 8 && !eight_need_escape(p + i)) {
            i += 8;
        }
        if (needs_escape((unsigned char)p[i])) {
            buf_add(b, str_of(p + from, i - from));
            escape_write(b, (unsigned char)p[i]);
            from = i + 1;
        }
    }
    buf_add(b, str_of(p + from, n - from));
    buf_byte(b, '"');
}

void json_put_text(struct buf *b, struct str s)
{
    text_write(b, s.p, s.n);
}

static void number_write(struct buf *b, const json_t *value)
{
    char text[64];
    if (json_is_integer(value)) {
        buf_number(b, json_integer_value(value));
        return;
    }
    size_t n = json_dumpb(value, text, sizeof(text), JSON_ENCODE_ANY);
    if (n == 0 || n > sizeof(text)) {
        bug("json: a number can't be written");
    }
    buf_add(b, str_of(text, n));
}

static void value_write(struct buf *b, const json_t *value, unsigned depth);

static void object_write(struct buf *b, const json_t *object, unsigned depth)
{
    /* jansson's iterator takes a mutable object and does not change it. */
    json_t *o = (json_t *)(uintptr_t)object;
    char next = '{';
    for (void *at = json_object_iter(o); at != NULL; at = json_object_iter_next(o, at)) {
        const char *name = json_object_iter_key(at);
        buf_byte(b, next);
        text_write(b, name, strlen(name));
        buf_byte(b, ':');
        value_write(b, json_object_iter_value(at), depth);
        next = ',';
    }
    buf_addz(b, next == '{' ? "{}" : "}");
}

static void array_write(struct buf *b, const json_t *array, unsigned depth)
{
    buf_byte(b, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i > 0) {
            buf_byte(b, ',');
        }
        value_write(b, json_array_get(array, i), depth);
    }
    buf_byte(b, ']');
}

static void value_write(struct buf *b, const json_t *value, unsigned depth)
{
    if (value == NULL || depth == 0) {
        bug("json: %s", value == NULL ? "no value" : "too deep");
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        object_write(b, value, depth - 1);
        return;
    case JSON_ARRAY:
        array_write(b, value, depth - 1);
        return;
    case JSON_STRING:
        text_write(b, json_string_value(value), json_string_length(value));
        return;
    case JSON_INTEGER:
    case JSON_REAL:
        number_write(b, value);
        return;
    case JSON_TRUE:
        buf_addz(b, "true");
        return;
    case JSON_FALSE:
        buf_addz(b, "false");
        return;
    default:
        buf_addz(b, "null");
    }
}

struct str json_text(struct arena *a, const json_t *value)
{
    struct buf b = buf_in(a);
    value_write(&b, value, DEPTH_MAX);
    return buf_str(&b);
}

struct json_members json_members_begin(struct arena *a)
{
    return (struct json_members){buf_in(a)};
}

static void member_begin(struct json_members *m, const char *name)
{
    buf_byte(&m->text, m->text.n == 0 ? '{' : ',');
    text_write(&m->text, name, strlen(name));
    buf_byte(&m->text, ':');
}

void json_members_text(struct json_members *m, const char *name, struct str value)
{
    member_begin(m, name);
    text_write(&m->text, value.p, value.n);
}

void json_members_number(struct json_members *m, const char *name, int64_t value)
{
    member_begin(m, name);
    buf_number(&m->text, value);
}

void json_members_json(struct json_members *m, const char *name, struct str json)
{
    member_begin(m, name);
    buf_add(&m->text, json);
}

struct str json_members_end(struct json_members *m)
{
    buf_addz(&m->text, m->text.n == 0 ? "{}" : "}");
    return buf_str(&m->text);
}
