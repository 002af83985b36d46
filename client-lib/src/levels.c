/* See levels.h. */
#include "libeid/levels.h"
#include "libeid/claims.h"

#define ACR_PREFIX "urn:authd:acr:"
#define ACCOUNT_LEVEL_MAX 2
#define AUTHENTICATION_LEVEL_MAX 4

static int level(int64_t v, int max)
{
    return v >= 1 && v <= max ? (int)v : 0;
}

/* "urn:authd:acr:2:1" says both levels; used where the claims of their own are absent. */
static void levels_of_acr(const json_t *texts, int *account, int *authentication)
{
    struct str acr = str_from(claims_text(texts, "acr"));
    struct str prefix = STR(ACR_PREFIX);
    if (!str_starts(acr, prefix)) {
        return;
    }
    struct str rest = str_of(acr.p + prefix.n, acr.n - prefix.n);
    struct str first = STR_NONE;
    int64_t a;
    int64_t l;
    if (str_split(&rest, ':', &first) && str_i64(first, &a) && str_i64(rest, &l)) {
        *account = *account == 0 ? level(a, ACCOUNT_LEVEL_MAX) : *account;
        *authentication =
            *authentication == 0 ? level(l, AUTHENTICATION_LEVEL_MAX) : *authentication;
    }
}

void levels_read(const json_t *texts, int *account, int *authentication)
{
    *account = level(claims_number(texts, "urn:authd:account_level"), ACCOUNT_LEVEL_MAX);
    *authentication =
        level(claims_number(texts, "urn:authd:authentication_level"), AUTHENTICATION_LEVEL_MAX);
    levels_of_acr(texts, account, authentication);
}
