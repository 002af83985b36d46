/* OpenID Connect Core §2 (acr), §3.1.2.1 (acr_values), §5.5.1.1.  Must not lower anything. */
#include "oidc/acr.h"
#include <string.h>

#define HEAD "urn:authd:acr:"

bool acr_read(struct str text, struct levels *out)
{
    if (!str_starts(text, STR(HEAD)) || text.n != sizeof(HEAD) - 1 + 3) {
        return false;
    }
    const char *p = text.p + sizeof(HEAD) - 1;
    if (p[0] < '0' || p[0] > '2' || p[1] != ':' || p[2] < '1' || p[2] > '4') {
        return false;
    }
    *out = (struct levels){(uint8_t)(p[0] - '0'), (uint8_t)(p[2] - '0')};
    return true;
}

struct str acr_text(struct arena *a, struct levels l)
{
    return str_fmt(a, HEAD "%u:%u", (unsigned)l.account, (unsigned)l.authentication);
}

bool levels_meet(struct levels have, struct levels floor)
{
    return have.account >= floor.account && have.authentication >= floor.authentication;
}

bool acr_meets_one(struct levels have, struct str values)
{
    struct str word;
    struct levels floor;
    while (str_word(&values, &word)) {
        if (acr_read(word, &floor) && levels_meet(have, floor)) {
            return true;
        }
    }
    return false;
}

bool acr_login_could_meet(struct levels have, struct str values)
{
    have.authentication = ACR_AUTHENTICATION_REACHABLE;
    return acr_meets_one(have, values);
}

json_t *acr_supported(struct arena *a)
{
    json_t *list = json_array();
    for (uint8_t account = 0; account <= 2; account++) {
        for (uint8_t level = 1; level <= ACR_AUTHENTICATION_REACHABLE; level++) {
            json_array_append_new(list, json_str(acr_text(a, (struct levels){account, level})));
        }
    }
    return list;
}
