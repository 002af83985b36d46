/* See claims.h. */
#include "libeid/claims.h"
#include <stdio.h>
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

/* A name that is no claim's: the claim, a line end, the member ("" for a list's words). */
static bool add_part(json_t *texts, const char *claim, const char *member, json_t *text)
{
    char name[128];
    int n = snprintf(name, sizeof(name), "%s\n%s", claim, member);
    if (text == NULL) {
        return false;
    }
    if (n < 0 || (size_t)n >= sizeof(name) || json_object_get(texts, name) != NULL) {
        json_decref(text);
        return true;
    }
    return json_object_set_new(texts, name, text) == 0;
}

/* "pwd otp" of ["pwd","otp"]; what holds a space is no word. */
static json_t *words(const json_t *list)
{
    char text[512];
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *word = json_array_get(list, i);
        size_t size = json_string_length(word);
        if (size == 0 || strchr(json_string_value(word), ' ') != NULL ||
            n + size + 1 > sizeof(text)) {
            continue;
        }
        if (n > 0) {
            text[n++] = ' ';
        }
        memcpy(text + n, json_string_value(word), size);
        n += size;
    }
    return json_stringn(text, n);
}

static bool add_parts(json_t *texts, const char *claim, json_t *value)
{
    const char *member;
    json_t *part;
    if (json_is_array(value)) {
        return add_part(texts, claim, "", words(value));
    }
    json_object_foreach(value, member, part)
    {
        if (json_is_string(part) && !add_part(texts, claim, member, json_copy(part))) {
            return false;
        }
    }
    return true;
}

bool claims_add(json_t *texts, const json_t *claims)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)claims, name, value)
    {
        if (json_object_get(texts, name) == NULL && !json_is_null(value) &&
            (json_object_set_new(texts, name, as_text(value)) != 0 ||
             !add_parts(texts, name, value))) {
            return false;
        }
    }
    return true;
}

bool claims_carry(json_t *claims, const json_t *before)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)before, name, value)
    {
        const char *end = strchr(name, '\n');
        size_t n = end == NULL ? strlen(name) : (size_t)(end - name);
        if (json_object_getn(claims, name, n) == NULL &&
            json_object_set(claims, name, value) != 0) {
            return false;
        }
    }
    return true;
}

const char *claims_part(const json_t *texts, const char *claim, const char *member)
{
    char name[128];
    int n = snprintf(name, sizeof(name), "%s\n%s", claim, member);
    return n < 0 || (size_t)n >= sizeof(name) ? NULL : claims_text(texts, name);
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
