/* The attributes of one identity as the JSON object that gets sealed (docs/claims.md), checked and
 * brought to one spelling.  This is what `authctl identity add --json` takes. */
#ifndef IDENTITY_ATTRIBUTES_H
#define IDENTITY_ATTRIBUTES_H
#include "base/json.h"

struct attributes {
    struct str kind;   /* "person" or "organisation" */
    json_t *json;      /* complete object; belongs to the arena */
    uint16_t province; /* of birth registration; 0 for organisations */
    /* What the identity can be found by; absent when there is none. */
    struct str personal_number; /* 12 digits */
    struct str organisation_code;
    struct str email;
    struct str phone; /* E.164 */
};
struct attribute_rules {
    const uint16_t *provinces; /* codes known */
    size_t n_provinces;
    int64_t now_s; /* nobody is born later */
};

/* person: name, birthdate, gender and personal_number are needed; family_name, middle_name and
 * given_name are taken from name when all three are absent; email, phone_number, address, locale
 * and zoneinfo as OpenID Connect Core section 5.1 names them; province is the number's first three
 * digits.  organisation: name and organisation_code are needed. Members of other names, types or
 * forms give ERR_INPUT with the name and the cure. updated_at is set. */
CHECKED enum err attributes_read(struct arena *a, struct str kind, const json_t *given,
                                 const struct attribute_rules *rules, struct attributes *out);

#endif
