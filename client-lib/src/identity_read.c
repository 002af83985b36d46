/* Getters, in the order of eid/identity.h. */
#include <string.h>
#include "base/clock.h"
#include "libeid/claims.h"
#include "libeid/identity.h"

#define TEXT_GETTER(name, claim)                                                                   \
    const char *eid_identity_##name(const struct eid_identity *i)                                  \
    {                                                                                              \
        return claims_text(i->texts, claim);                                                       \
    }

TEXT_GETTER(subject, "sub")
TEXT_GETTER(organisation_code, "urn:authd:organisation_code")
TEXT_GETTER(organisation_name, "urn:authd:organisation_name")
TEXT_GETTER(name, "name")
TEXT_GETTER(family_name, "family_name")
TEXT_GETTER(middle_name, "middle_name")
TEXT_GETTER(given_name, "given_name")
TEXT_GETTER(birthdate, "birthdate")
TEXT_GETTER(gender, "gender")
TEXT_GETTER(personal_number, "urn:authd:personal_number")
TEXT_GETTER(email, "email")
TEXT_GETTER(phone_number, "phone_number")
TEXT_GETTER(province, "urn:authd:province")
TEXT_GETTER(locale, "locale")
TEXT_GETTER(acr, "acr")
TEXT_GETTER(sid, "sid")

/* spec: RFC 8693 §4.1 act.sub is who acts */
const char *eid_identity_actor(const struct eid_identity *i)
{
    return claims_part(i->texts, "act", "sub");
}

/* Organisations have no account level: the claim is there and 0. */
enum eid_kind eid_identity_kind(const struct eid_identity *i)
{
    struct str level = str_from(claims_text(i->texts, "urn:authd:account_level"));
    return str_eqz(level, "0") || eid_identity_organisation_code(i) != NULL ? EID_ORGANISATION
                                                                            : EID_PERSON;
}

/* Digits of a fixed width between lo and hi; 0 for anything else. */
static int digits(struct str s, size_t n, int lo, int hi)
{
    int v = 0;
    if (s.n != n) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return 0;
        }
        v = v * 10 + (s.p[i] - '0');
    }
    return v >= lo && v <= hi ? v : 0;
}

/* spec: OpenID Core §5.1 birthdate is YYYY-MM-DD, or YYYY; the provider also tells YYYY-MM */
int eid_identity_birthdate_parts(const struct eid_identity *i, int *year, int *month, int *day)
{
    struct str rest = str_from(eid_identity_birthdate(i));
    struct str part[3] = {STR_NONE, STR_NONE, STR_NONE};
    size_t n = 0;
    while (n < 3 && str_split(&rest, '-', &part[n])) {
        n++;
    }
    int known[3] = {digits(part[0], 4, 1, 9999), digits(part[1], 2, 1, 12),
                    digits(part[2], 2, 1, 31)};
    int count = known[0] == 0 || rest.p != NULL ? 0 : known[1] == 0 ? 1 : known[2] == 0 ? 2 : 3;
    *year = count > 0 ? known[0] : 0;
    *month = count > 1 ? known[1] : 0;
    *day = count > 2 ? known[2] : 0;
    return count;
}

static bool is_true(const struct eid_identity *i, const char *claim)
{
    return str_eqz(str_from(claims_text(i->texts, claim)), "true");
}

bool eid_identity_email_verified(const struct eid_identity *i)
{
    return eid_identity_email(i) != NULL && is_true(i, "email_verified");
}

bool eid_identity_phone_number_verified(const struct eid_identity *i)
{
    return eid_identity_phone_number(i) != NULL && is_true(i, "phone_number_verified");
}

const char *eid_identity_address(const struct eid_identity *i, const char *part)
{
    return claims_part(i->texts, "address", part == NULL ? "formatted" : part);
}

int eid_identity_account_level(const struct eid_identity *i)
{
    return i->account_level;
}

int eid_identity_authentication_level(const struct eid_identity *i)
{
    return i->authentication_level;
}

const char *eid_identity_amr(const struct eid_identity *i)
{
    return claims_part(i->texts, "amr", "");
}

int64_t eid_identity_auth_time(const struct eid_identity *i)
{
    return claims_number(i->texts, "auth_time");
}

const char *eid_identity_claim(const struct eid_identity *i, const char *name)
{
    return name != NULL && strchr(name, '\n') != NULL ? NULL : claims_text(i->texts, name);
}

const char *eid_identity_memo(const struct eid_identity *i)
{
    return i->memo;
}

const char *eid_identity_id_token(const struct eid_identity *i)
{
    return i->id_token;
}

const char *eid_identity_token_type(const struct eid_identity *i)
{
    return i->bound[0] == '\0' ? "Bearer" : "DPoP";
}

const char *eid_identity_access_token(const struct eid_identity *i)
{
    return i->access_token;
}

const char *eid_identity_refresh_token(const struct eid_identity *i)
{
    return i->refresh_token;
}

const char *eid_identity_scope(const struct eid_identity *i)
{
    return i->scope;
}

int64_t eid_identity_expires_at(const struct eid_identity *i)
{
    return i->expires_at;
}

bool eid_identity_expires_within(const struct eid_identity *i, long seconds)
{
    return i->expires_at != 0 && i->expires_at - clock_now_s() <= seconds;
}

bool eid_identity_is_bound(const struct eid_identity *i)
{
    return i->bound[0] != '\0';
}
