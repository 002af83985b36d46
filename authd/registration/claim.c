/* OpenID Connect Core §5.1, §5.4. */
#include "registration/claim.h"

#include <stddef.h>
#include <string.h>

/* spec: OpenID Core §5.4 the claims of each scope; in the order in which people read them */
const struct claim CLAIMS_OF_PEOPLE[] = {
    {"name", "profile", "name"},
    {"family_name", "profile", "name"},
    {"middle_name", "profile", "name"},
    {"given_name", "profile", "name"},
    {"birthdate", "profile", "birthdate"},
    {"gender", "profile", "gender"},
    {"urn:authd:personal_number", "personal_number", "personal_number"},
    {"email", "email", "email"},
    {"email_verified", "email", "email"},
    {"phone_number", "phone", "phone_number"},
    {"phone_number_verified", "phone", "phone_number"},
    {"address", "address", "address"},
    {"urn:authd:province", "address", "province"},
    {"urn:authd:organisation_code", "organisation", "organisation"},
    {"urn:authd:organisation_name", "organisation", "organisation"},
    {"locale", "profile", "settings"},
    {"zoneinfo", "profile", "settings"},
    {"updated_at", "profile", "settings"},
    {NULL, NULL, NULL},
};

const struct claim *claim_of_name(const char *name)
{
    for (const struct claim *c = CLAIMS_OF_PEOPLE; c->name != NULL; c++) {
        if (strcmp(name, c->name) == 0) {
            return c;
        }
    }
    return NULL;
}
