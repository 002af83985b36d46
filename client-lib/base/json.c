/* The strict door for foreign JSON.  A scan before parsing counts the depth, so that jansson never
 * recurses further than JSON_DEPTH_MAX.
 * spec: RFC 7519 §4, RFC 7515 §4:unique, RFC 7517 §4:unique MUST reject duplicate names */
#include "base/json.h"
#include <string.h>
#include "base/arena.h"

static unsigned hex4(const char *p)
{
    unsigned v = 0;
    for (int i = 0; i < 4; i++) {
        unsigned c = (unsigned char)p[i];
        v = v * 16 + (c <= '9' ? c - '0' : (c | 0x20u) - 'a' + 10);
    }
    return v;
}

/* Bytes of UTF-8 the escape at p (behind its backslash) stands for; *used: its length.  Nonsense is
 * counted somehow: jansson refuses it. */
static size_t escape_bytes(struct str rest, size_t *used)
{
    *used = 1;
    if (rest.n < 5 || rest.p[0] != 'u') {
        return 1;
    }
    *used = 5;
    unsigned v = hex4(rest.p + 1);
    if (v >= 0xD800 && v < 0xDC00) {
        *used = 11;
        return 4;
    }
    return v < 0x80 ? 1 : v < 0x800 ? 2 : 3;
}

/* Nesting and NUL, and how many bytes all strings have together; everything else jansson judges. */
static enum err check_shape(struct str text, size_t *bytes)
{
    size_t depth = 0;
    bool in_string = false;
    *bytes = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '\0') {
            return fail(ERR_INPUT, "json: NUL byte");
        }
        if (in_string) {
            if (c == '\\') {
                size_t used;
                *bytes += escape_bytes(str_of(text.p + i + 1, text.n - i - 1), &used);
                i += used;
            } else if (c == '"') {
                in_string = false;
            } else {
                ++*bytes;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_DEPTH_MAX) {
                return fail(ERR_LIMIT, "json: more than %d levels", JSON_DEPTH_MAX);
            }
        } else if ((c == '}' || c == ']') && depth-- == 0) {
            return fail(ERR_INPUT, "json: closes what was not opened");
        }
    }
    return OK;
}

/* Bytes of all strings and names; as deep as check_shape allowed. */
static size_t string_bytes(const json_t *value)
{
    size_t bytes = json_string_length(value);
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            bytes += string_bytes(json_array_get(value, i));
        }
    } else if (json_is_object(value)) {
        const char *name;
        json_t *member;
        json_object_foreach((json_t *)(uintptr_t)value, name, member)
        {
            bytes += strlen(name) + string_bytes(member);
        }
    }
    return bytes;
}

/* spec: RFC 8725 §3.7 UTF-8 only, which jansson checks */
enum err json_read(struct str text, size_t max, json_t **out)
{
    if (text.n > max || text.n > JSON_SIZE_MAX) {
        return fail(ERR_LIMIT, "json: %zu bytes", text.n);
    }
    if (text.n == 0) {
        return fail(ERR_INPUT, "json: empty");
    }
    size_t bytes;
    enum err e = check_shape(text, &bytes);
    if (e != OK) {
        return e;
    }
    json_error_t error;
    json_t *value = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &error);
    if (value == NULL) {
        if (json_error_code(&error) == json_error_out_of_memory) {
            return fail(ERR_NO_MEMORY, "json: out of memory");
        }
        /* jansson's text quotes the input, which may be secret: the code and place suffice. */
        return fail(ERR_INPUT, "json: error %d at byte %d", (int)json_error_code(&error),
                    error.position);
    }
    /* When memory is out, jansson's reader drops single characters and says nothing. */
    if (string_bytes(value) != bytes) {
        json_decref(value);
        return fail(ERR_NO_MEMORY, "json: out of memory");
    }
    *out = value;
    return OK;
}

static void decref(void *value)
{
    json_decref(value);
}

json_t *json_own(struct arena *a, json_t *value)
{
    if (value != NULL) {
        arena_defer(a, decref, value);
    }
    return value;
}

enum err json_read_in(struct arena *a, struct str text, json_t **out)
{
    json_t *value = NULL;
    enum err e = json_read(text, JSON_SIZE_MAX, &value);
    if (e == OK) {
        *out = json_own(a, value);
    }
    return e;
}

struct str json_text(struct arena *a, const json_t *value)
{
    size_t room = 1024;
    for (;;) {
        char *p = arena_alloc(a, room);
        size_t n = json_dumpb(value, p, room, JSON_COMPACT | JSON_ENCODE_ANY);
        if (n == 0 && value == NULL) {
            bug("json: no value");
        }
        if (n == 0) {
            arena_alloc(a,
                        SIZE_MAX); /* jansson had no memory: ends like the arena's own exhaustion */
        }
        if (n <= room) {
            return str_of(p, n);
        }
        room = n;
    }
}

struct str json_member(const json_t *object, const char *name)
{
    const json_t *v = json_object_get(object, name);
    return json_is_string(v) ? str_of(json_string_value(v), json_string_length(v)) : STR_NONE;
}

bool json_member_i64(const json_t *object, const char *name, int64_t *out)
{
    const json_t *v = json_object_get(object, name);
    if (!json_is_integer(v)) {
        return false;
    }
    *out = json_integer_value(v);
    return true;
}

json_t *json_str(struct str s)
{
    return json_stringn(s.p == NULL ? "" : s.p, s.n);
}
