/* See claims.h.  jansson's own update, deep copy and growing dump keep quiet when memory ends;
 * these don't. */
#include "libeid/claims.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/ct.h"

#define TEXT_FLAGS (JSON_COMPACT | JSON_ENCODE_ANY)
/* A part's name is no claim's: the claim, this, the member ("" for a list's words). */
#define PART '\n'
#define PART_NAME_MAX 128

static json_t *dump(const json_t *value)
{
    char small[256];
    size_t n = json_dumpb(value, small, sizeof(small), TEXT_FLAGS);
    if (n > 0 && n <= sizeof(small)) {
        json_t *made = json_stringn_nocheck(small, n);
        ct_wipe(small, n);
        return made;
    }
    char *text = n == 0 ? NULL : malloc(n);
    json_t *made = text != NULL && json_dumpb(value, text, n, TEXT_FLAGS) == n
                       ? json_stringn_nocheck(text, n)
                       : NULL;
    if (text != NULL) {
        ct_wipe(text, n);
        free(text);
    }
    return made;
}

static json_t *number_text(json_int_t number)
{
    char text[24];
    char *at = text + sizeof(text);
    bool negative = number < 0;
    uint64_t rest = negative ? (uint64_t)0 - (uint64_t)number : (uint64_t)number;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (negative) {
        *--at = '-';
    }
    return json_stringn_nocheck(at, (size_t)(text + sizeof(text) - at));
}

static json_t *as_text(const json_t *value)
{
    return json_is_integer(value) ? number_text(json_integer_value(value)) : dump(value);
}

/* Takes the reference to text; false when that is NULL, or no memory. */
static bool add_part(json_t *parts, const char *claim, const char *member, json_t *text)
{
    char name[PART_NAME_MAX];
    int n = snprintf(name, sizeof(name), "%s%c%s", claim, PART, member);
    if (text != NULL && (n < 0 || (size_t)n >= sizeof(name))) {
        json_decref(text);
        return true;
    }
    return json_object_set_new(parts, name, text) == 0;
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

static bool add_parts(json_t *parts, const char *claim, json_t *value)
{
    const char *member;
    json_t *part;
    if (json_is_array(value)) {
        return add_part(parts, claim, "", words(value));
    }
    json_object_foreach(value, member, part)
    {
        if (json_is_string(part) && !add_part(parts, claim, member, json_incref(part))) {
            return false;
        }
    }
    return true;
}

/* One claim, to text; its parts go to *parts, made when first needed. */
static bool make_text(json_t *claims, const char *name, json_t *value, json_t **parts)
{
    if (json_is_null(value) || strchr(name, PART) != NULL) {
        json_object_del(claims, name);
        return true;
    }
    if (json_is_string(value)) {
        return true;
    }
    if (json_is_array(value) || json_is_object(value)) {
        *parts = *parts == NULL ? json_object() : *parts;
        if (*parts == NULL || !add_parts(*parts, name, value)) {
            return false;
        }
    }
    return json_object_set_new_nocheck(claims, name, as_text(value)) == 0;
}

json_t *claims_texts(json_t *claims)
{
    void *next;
    const char *name;
    json_t *value;
    json_t *parts = NULL;
    bool made = true;
    json_object_foreach_safe(claims, next, name, value)
    {
        made = made && make_text(claims, name, value, &parts);
    }
    if (made && parts != NULL) {
        json_object_foreach(parts, name, value)
        {
            made = made && json_object_set_nocheck(claims, name, value) == 0;
        }
    }
    json_decref(parts);
    return made ? json_incref(claims) : NULL;
}

/* Parts only, or claims only, whose claim is not there yet. */
static bool fill(json_t *claims, const json_t *more, bool parts)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)more, name, value)
    {
        size_t n = strcspn(name, "\n");
        if ((name[n] == PART) == parts && json_object_getn(claims, name, n) == NULL &&
            json_object_set_nocheck(claims, name, value) != 0) {
            return false;
        }
    }
    return true;
}

bool claims_fill(json_t *claims, const json_t *more)
{
    const char *name;
    json_t *value;
    if (fill(claims, more, true) && fill(claims, more, false)) {
        return true;
    }
    json_object_foreach((json_t *)(uintptr_t)more, name, value)
    {
        if (json_object_get(claims, name) == value) {
            json_object_del(claims, name);
        }
    }
    return false;
}

json_t *claims_copy(const json_t *texts)
{
    const char *name;
    json_t *value;
    json_t *made = json_object();
    json_object_foreach((json_t *)(uintptr_t)texts, name, value)
    {
        json_t *text = json_stringn_nocheck(json_string_value(value), json_string_length(value));
        if (json_object_set_new_nocheck(made, name, text) != 0) {
            claims_free(made);
            return NULL;
        }
    }
    return made;
}

bool claims_have(const json_t *texts, struct str name)
{
    return json_object_getn(texts, name.p, name.n) != NULL;
}

const char *claims_part(const json_t *texts, const char *claim, const char *member)
{
    char name[PART_NAME_MAX];
    int n = snprintf(name, sizeof(name), "%s%c%s", claim, PART, member);
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
