/* See claims.h. */
#include "libeid/claims.h"
#include <stdlib.h>
#include <string.h>
#include "base/ct.h"

static json_t *as_text(const json_t *value)
{
    if (json_is_string(value)) {
        return json_stringn(json_string_value(value), json_string_length(value));
    }
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    json_t *made = text == NULL ? NULL : json_string(text);
    free(text);
    return made;
}

bool claims_add(json_t *texts, const json_t *claims)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)claims, name, value)
    {
        if (json_object_get(texts, name) == NULL && !json_is_null(value) &&
            json_object_set_new(texts, name, as_text(value)) != 0) {
            return false;
        }
    }
    return true;
}

const char *claims_text(const json_t *texts, const char *name)
{
    return name == NULL ? NULL : json_string_value(json_object_get(texts, name));
}

int64_t claims_number(const json_t *texts, const char *name)
{
    int64_t v;
    return str_i64(str_from(claims_text(texts, name)), &v) ? v : 0;
}

void claims_free(json_t *texts)
{
    const char *name;
    json_t *value;
    json_object_foreach(texts, name, value)
    {
        ct_wipe((char *)(uintptr_t)json_string_value(value), json_string_length(value));
    }
    json_decref(texts);
}
