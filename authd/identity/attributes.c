/* Attributes given by an administrator: a table says which members there are, the rest is agreement
 * between them.  Must not keep what it does not know: an unknown member is refused, not stored. */
#include "identity/attributes.h"

#include <string.h>

#include "base/arena.h"
#include "identity/contact.h"
#include "identity/name.h"
#include "identity/normal.h"
#include "identity/organisation_code.h"
#include "identity/personal_number.h"

#define TEXT_MAX 400 /* bytes of a free text such as an address line */

enum form { FORM_TEXT, FORM_BOOL, FORM_OBJECT, FORM_INTEGER };
struct member {
    const char *name;
    enum form form;
    bool needed;
};

static const struct member PERSON[] = {
    {"name", FORM_TEXT, true},
    {"family_name", FORM_TEXT, false},
    {"middle_name", FORM_TEXT, false},
    {"given_name", FORM_TEXT, false},
    {"birthdate", FORM_TEXT, true},
    {"gender", FORM_TEXT, true},
    {"personal_number", FORM_TEXT, true},
    {"province", FORM_TEXT, false},
    {"email", FORM_TEXT, false},
    {"email_verified", FORM_BOOL, false},
    {"phone_number", FORM_TEXT, false},
    {"phone_number_verified", FORM_BOOL, false},
    {"address", FORM_OBJECT, false},
    {"locale", FORM_TEXT, false},
    {"zoneinfo", FORM_TEXT, false},
    {"updated_at", FORM_INTEGER, false},
    {NULL, FORM_TEXT, false},
};
static const struct member ORGANISATION[] = {
    {"name", FORM_TEXT, true},
    {"organisation_code", FORM_TEXT, true},
    {"short_name", FORM_TEXT, false},
    {"foreign_name", FORM_TEXT, false},
    {"founded", FORM_TEXT, false},
    {"address", FORM_OBJECT, false},
    {"email", FORM_TEXT, false},
    {"email_verified", FORM_BOOL, false},
    {"phone_number", FORM_TEXT, false},
    {"phone_number_verified", FORM_BOOL, false},
    {"legal_representative_name", FORM_TEXT, false},
    {"legal_representative_personal_number", FORM_TEXT, false},
    {"updated_at", FORM_INTEGER, false},
    {NULL, FORM_TEXT, false},
};
static const struct member ADDRESS[] = {
    {"formatted", FORM_TEXT, false},   {"street_address", FORM_TEXT, false},
    {"locality", FORM_TEXT, false},    {"region", FORM_TEXT, false},
    {"postal_code", FORM_TEXT, false}, {"country", FORM_TEXT, false},
    {NULL, FORM_TEXT, false},
};

static bool has_form(const json_t *value, enum form form)
{
    switch (form) {
    case FORM_TEXT:
        return json_is_string(value);
    case FORM_BOOL:
        return json_is_boolean(value);
    case FORM_OBJECT:
        return json_is_object(value);
    case FORM_INTEGER:
        return json_is_integer(value);
    }
    return false;
}

/* Copies members of the table in the table's order, texts in NFC. */
static enum err take(struct arena *a, const json_t *given, const struct member *table, json_t *into)
{
    size_t taken = 0;
    for (const struct member *m = table; m->name != NULL; m++) {
        const json_t *value = json_object_get(given, m->name);
        if (value == NULL) {
            if (m->needed) {
                return fail(ERR_INPUT, "%s: needed", m->name);
            }
            continue;
        }
        taken++;
        if (!has_form(value, m->form)) {
            return fail(ERR_INPUT, "%s: wrong type", m->name);
        }
        if (m->form == FORM_OBJECT) {
            json_t *inner = json_object();
            json_object_set_new(into, m->name, inner);
            TRY(take(a, value, ADDRESS, inner));
        } else if (m->form == FORM_TEXT) {
            struct str nfc;
            TRY(text_nfc(a, json_member(given, m->name), &nfc));
            if (nfc.n == 0 || nfc.n > TEXT_MAX) {
                return fail(ERR_INPUT, "%s: empty or too long", m->name);
            }
            json_object_set_new(into, m->name, json_str(nfc));
        } else {
            json_object_set(into, m->name, (json_t *)(uintptr_t)value);
        }
    }
    if (taken != json_object_size(given)) {
        const char *name;
        json_t *value;
        json_object_foreach((json_t *)(uintptr_t)given, name, value)
        {
            const struct member *m = table;
            while (m->name != NULL && strcmp(m->name, name) != 0) {
                m++;
            }
            if (m->name == NULL) {
                return fail(ERR_INPUT, "\"%.40s\" is not a known attribute", name);
            }
        }
    }
    return OK;
}

static void put(json_t *object, const char *name, struct str value)
{
    if (value.p != NULL) {
        json_object_set_new(object, name, json_str(value));
    }
}

static enum err take_name(struct arena *a, json_t *json)
{
    struct name n;
    TRY(name_read(a, json_member(json, "name"), &n));
    put(json, "name", n.full);
    static const char *const parts[] = {"family_name", "middle_name", "given_name"};
    bool given_apart = false;
    for (size_t i = 0; i < 3; i++) {
        struct str part = json_member(json, parts[i]);
        if (part.p != NULL) {
            struct name p;
            TRY(name_read(a, part, &p));
            put(json, parts[i], p.full);
            given_apart = true;
        }
    }
    if (!given_apart) {
        put(json, "family_name", n.family);
        put(json, "middle_name", n.middle);
        put(json, "given_name", n.given);
    }
    return OK;
}

static enum err take_contacts(struct arena *a, json_t *json, struct attributes *out)
{
    struct str email = json_member(json, "email");
    struct str phone = json_member(json, "phone_number");
    if (email.p != NULL) {
        TRY(email_read(a, email, &out->email));
        put(json, "email", out->email);
    }
    if (phone.p != NULL) {
        TRY(phone_read(a, phone, &out->phone));
        put(json, "phone_number", out->phone);
    }
    /* What nobody has verified is said to be unverified, never left open. */
    static const char *const pairs[][2] = {{"email", "email_verified"},
                                           {"phone_number", "phone_number_verified"}};
    for (size_t i = 0; i < 2; i++) {
        bool there = json_object_get(json, pairs[i][0]) != NULL;
        if (!there && json_object_get(json, pairs[i][1]) != NULL) {
            return fail(ERR_INPUT, "%s: without %s it says nothing", pairs[i][1], pairs[i][0]);
        }
        if (there && json_object_get(json, pairs[i][1]) == NULL) {
            json_object_set_new(json, pairs[i][1], json_false());
        }
    }
    return OK;
}

static enum err person(struct arena *a, json_t *json, const struct attribute_rules *rules,
                       struct attributes *out)
{
    TRY(take_name(a, json));
    struct birthdate born;
    TRY(birthdate_read(json_member(json, "birthdate"), &born));
    if (birthdate_age(&born, rules->now_s) < 0 &&
        (born.day != 0 || born.year > birthdate_of_time(rules->now_s).year)) {
        return fail(ERR_INPUT, "birthdate: lies in the future");
    }
    struct str gender = json_member(json, "gender");
    if (!str_eqz(gender, "male") && !str_eqz(gender, "female")) {
        return fail(ERR_INPUT, "gender: \"male\" or \"female\"");
    }
    struct personal_number number;
    TRY(personal_number_read(json_member(json, "personal_number"), &number));
    TRY(personal_number_fits(&number, &born, str_eqz(gender, "male") ? SEX_MALE : SEX_FEMALE,
                             rules->provinces, rules->n_provinces));
    out->personal_number = personal_number_text(a, &number);
    out->province = (uint16_t)number.province;
    put(json, "personal_number", out->personal_number);
    struct str province = str_fmt(a, "%03d", number.province);
    struct str said = json_member(json, "province");
    if (said.p != NULL && !str_eq(said, province)) {
        return fail(ERR_INPUT,
                    "province: the first three digits of the personal number, or leave it out");
    }
    put(json, "province", province);
    if (json_object_get(json, "locale") == NULL) {
        put(json, "locale", STR("vi-VN"));
    }
    if (json_object_get(json, "zoneinfo") == NULL) {
        put(json, "zoneinfo", STR("Asia/Ho_Chi_Minh"));
    }
    return OK;
}

static enum err organisation(struct arena *a, json_t *json, struct attributes *out)
{
    enum organisation_kind kind;
    TRY(organisation_code_read(a, json_member(json, "organisation_code"), &kind,
                               &out->organisation_code));
    put(json, "organisation_code", out->organisation_code);
    struct str founded = json_member(json, "founded");
    struct birthdate day;
    if (founded.p != NULL && birthdate_read(founded, &day) != OK) {
        return fail(ERR_INPUT, "founded: write YYYY-MM-DD");
    }
    struct str number = json_member(json, "legal_representative_personal_number");
    if (number.p != NULL) {
        struct personal_number n;
        TRY(personal_number_read(number, &n));
        put(json, "legal_representative_personal_number", personal_number_text(a, &n));
    }
    return OK;
}

enum err attributes_read(struct arena *a, struct str kind, const json_t *given,
                         const struct attribute_rules *rules, struct attributes *out)
{
    struct attributes r = {.kind = kind};
    if (!json_is_object(given)) {
        return fail(ERR_INPUT, "attributes: a JSON object is needed");
    }
    bool is_person = str_eqz(kind, "person");
    if (!is_person && !str_eqz(kind, "organisation")) {
        return fail(ERR_INPUT, "kind: \"person\" or \"organisation\"");
    }
    r.json = json_own(a, json_object());
    TRY(take(a, given, is_person ? PERSON : ORGANISATION, r.json));
    TRY(is_person ? person(a, r.json, rules, &r) : organisation(a, r.json, &r));
    TRY(take_contacts(a, r.json, &r));
    json_object_set_new(r.json, "updated_at", json_integer((json_int_t)rules->now_s));
    *out = r;
    return OK;
}
