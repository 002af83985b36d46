/* The table of claims; see release.h.  The claims of the protocol itself (sub, acr …) are not in
 * it, so that no document can overwrite them. */
#include "signer/release.h"

#include <string.h>

#include "base/json.h"

static const struct {
    const char *claim, *attribute, *scope;
} table[] = {
    {"name", "name", "profile"},
    {"family_name", "family_name", "profile"},
    {"given_name", "given_name", "profile"},
    {"middle_name", "middle_name", "profile"},
    {"birthdate", "birthdate", "profile"},
    {"gender", "gender", "profile"},
    {"locale", "locale", "profile"},
    {"zoneinfo", "zoneinfo", "profile"},
    {"updated_at", "updated_at", "profile"},
    {"email", "email", "email"},
    {"email_verified", "email_verified", "email"},
    {"phone_number", "phone_number", "phone"},
    {"phone_number_verified", "phone_number_verified", "phone"},
    {"address", "address", "address"},
    {"urn:authd:province", "province", "address"},
    {"urn:authd:personal_number", "personal_number", "personal_number"},
    {"urn:authd:organisation_code", "organisation_code", "organisation"},
    {"urn:authd:organisation_name", "name", "organisation"},
};
#define TABLE_SIZE (sizeof table / sizeof table[0])

static bool is_list_of_texts(const json_t *v)
{
    size_t i;
    json_t *name;
    if (v == NULL) {
        return true;
    }
    json_array_foreach(v, i, name)
    {
        if (!json_is_string(name)) {
            return false;
        }
    }
    return json_is_array(v);
}

enum err release_check(struct arena *a, struct str claims)
{
    json_t *object = NULL;
    if (!str_is(claims)) {
        return OK;
    }
    TRY(json_read_in(a, claims, &object));
    if (!json_is_object(object) || !is_list_of_texts(json_object_get(object, "id_token")) ||
        !is_list_of_texts(json_object_get(object, "userinfo")) ||
        !is_list_of_texts(json_object_get(object, "left_out"))) {
        return fail(ERR_INPUT, "claims: not {\"id_token\":[…],\"userinfo\":[…],\"left_out\":[…]}");
    }
    return OK;
}

bool release_asks(struct arena *a, struct str claims, const char *part)
{
    json_t *object = NULL;
    return str_is(claims) && json_read_in(a, claims, &object) == OK &&
           json_array_size(json_object_get(object, part)) > 0;
}

static bool lists(const json_t *names, const char *name)
{
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *text = json_string_value(json_array_get(names, i));
        if (text != NULL && strcmp(text, name) == 0) {
            return true;
        }
    }
    return false;
}

/* A person's name is no organisation's name. */
static bool fits_kind(const json_t *attributes, const char *scope)
{
    return strcmp(scope, "organisation") != 0 ||
           json_object_get(attributes, "organisation_code") != NULL;
}

void release_claims(struct arena *a, const json_t *attributes, struct str scope, struct str claims,
                    const char *part, json_t *out)
{
    json_t *object = NULL;
    if (release_check(a, claims) != OK ||
        (str_is(claims) && json_read_in(a, claims, &object) != OK)) {
        return; /* what the person left out can't be read: nothing is shown */
    }
    const json_t *asked = json_object_get(object, part);
    const json_t *left_out = json_object_get(object, "left_out");
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        json_t *value = json_object_get(attributes, table[i].attribute);
        if (value == NULL || json_is_null(value) || !fits_kind(attributes, table[i].scope) ||
            lists(left_out, table[i].claim)) {
            continue;
        }
        if (str_words_have(scope, str_from(table[i].scope)) || lists(asked, table[i].claim)) {
            if (json_object_set(out, table[i].claim, value) != 0) {
                bug("release: no memory for a claim");
            }
        }
    }
}
