/* The strict door for foreign JSON: how much of it, and who owns what was read. */
#include "base/json.h"
#include <string.h>
#include "base/arena.h"
#include "base/json_text.h"

enum err json_read(struct str text, size_t max, json_t **out)
{
    if (text.n > max) {
        return fail(ERR_LIMIT, "json: %zu bytes", text.n);
    }
    if (text.n == 0) {
        return fail(ERR_INPUT, "json: empty");
    }
    return json_text_read(text, out);
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
