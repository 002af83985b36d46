/* The strict door for foreign JSON.  A scan before parsing counts the depth, so that jansson never
 * recurses further than JSON_DEPTH_MAX.
 * spec: RFC 7519 §4 MUST reject duplicate claim names */
#include "base/json.h"
#include "base/arena.h"

/* Nesting and NUL; everything else jansson judges. */
static enum err check_shape(struct str text)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '\0') {
            return fail(ERR_INPUT, "json: NUL byte");
        }
        if (in_string) {
            if (c == '\\') {
                i++;
            } else if (c == '"') {
                in_string = false;
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

enum err json_read(struct str text, size_t max, json_t **out)
{
    if (text.n > max || text.n > JSON_SIZE_MAX) {
        return fail(ERR_LIMIT, "json: %zu bytes", text.n);
    }
    if (text.n == 0) {
        return fail(ERR_INPUT, "json: empty");
    }
    enum err e = check_shape(text);
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
        if (n == 0) {
            bug("json: value can't be written");
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
