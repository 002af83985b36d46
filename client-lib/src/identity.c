/* Identities: made from verified claims, read by getters. */
#include "libeid/identity.h"
#include <stdlib.h>
#include <string.h>
#include "libeid/claims.h"

#define CLAIM_ACCOUNT_LEVEL "urn:authd:account_level"
#define CLAIM_AUTHENTICATION_LEVEL "urn:authd:authentication_level"
#define CLAIM_PERSONAL_NUMBER "urn:authd:personal_number"
#define ACR_PREFIX "urn:authd:acr:"
#define ACCOUNT_LEVEL_MAX 2
#define AUTHENTICATION_LEVEL_MAX 4

/* *out stays NULL for what is absent; false when out of memory. */
static bool copy(struct str s, char **out)
{
    if (s.p != NULL) {
        *out = strndup(s.p, s.n);
    }
    return s.p == NULL || *out != NULL;
}

static int level(int64_t v, int max)
{
    return v >= 1 && v <= max ? (int)v : 0;
}

/* "urn:authd:acr:2:1" says both levels; used where the claims of their own are absent. */
static void levels_of_acr(struct eid_identity *i)
{
    struct str acr = str_from(claims_text(i->texts, "acr"));
    struct str prefix = STR(ACR_PREFIX);
    if (!str_starts(acr, prefix)) {
        return;
    }
    struct str rest = str_of(acr.p + prefix.n, acr.n - prefix.n);
    struct str account = STR_NONE;
    int64_t a;
    int64_t l;
    if (str_split(&rest, ':', &account) && str_i64(account, &a) && str_i64(rest, &l)) {
        i->account_level = i->account_level == 0 ? level(a, ACCOUNT_LEVEL_MAX) : i->account_level;
        i->authentication_level = i->authentication_level == 0 ? level(l, AUTHENTICATION_LEVEL_MAX)
                                                               : i->authentication_level;
    }
}

enum eid_code identity_make(struct work *w, const json_t *claims, const struct tokens *tokens,
                            struct str memo, struct eid_identity **out)
{
    struct eid_identity *i = calloc(1, sizeof(*i));
    if (i == NULL) {
        return EID_NO_MEMORY;
    }
    i->texts = json_object();
    i->expires_at = tokens->expires_at;
    if (tokens->bound != NULL) {
        memcpy(i->bound, tokens->bound->thumbprint, sizeof(i->bound));
    }
    if (i->texts == NULL || !copy(memo, &i->memo) || !copy(tokens->id_token, &i->id_token) ||
        !copy(tokens->access_token, &i->access_token) ||
        !copy(tokens->refresh_token, &i->refresh_token) || !copy(tokens->scope, &i->scope) ||
        !claims_add(i->texts, claims)) {
        eid_identity_free(i);
        return work_fail(w, EID_NO_MEMORY, "identity");
    }
    i->account_level = level(claims_number(i->texts, CLAIM_ACCOUNT_LEVEL), ACCOUNT_LEVEL_MAX);
    i->authentication_level =
        level(claims_number(i->texts, CLAIM_AUTHENTICATION_LEVEL), AUTHENTICATION_LEVEL_MAX);
    levels_of_acr(i);
    *out = i;
    return EID_OK;
}

void eid_identity_free(struct eid_identity *i)
{
    if (i == NULL) {
        return;
    }
    claims_free(i->texts);
    eid_text_free(i->memo);
    eid_text_free(i->id_token);
    eid_text_free(i->access_token);
    eid_text_free(i->refresh_token);
    eid_text_free(i->scope);
    free(i);
}

const char *eid_identity_subject(const struct eid_identity *i)
{
    return claims_text(i->texts, "sub");
}

const char *eid_identity_name(const struct eid_identity *i)
{
    return claims_text(i->texts, "name");
}

const char *eid_identity_family_name(const struct eid_identity *i)
{
    return claims_text(i->texts, "family_name");
}

const char *eid_identity_given_name(const struct eid_identity *i)
{
    return claims_text(i->texts, "given_name");
}

const char *eid_identity_birthdate(const struct eid_identity *i)
{
    return claims_text(i->texts, "birthdate");
}

const char *eid_identity_personal_number(const struct eid_identity *i)
{
    return claims_text(i->texts, CLAIM_PERSONAL_NUMBER);
}

const char *eid_identity_email(const struct eid_identity *i)
{
    return claims_text(i->texts, "email");
}

const char *eid_identity_acr(const struct eid_identity *i)
{
    return claims_text(i->texts, "acr");
}

const char *eid_identity_sid(const struct eid_identity *i)
{
    return claims_text(i->texts, "sid");
}

int eid_identity_account_level(const struct eid_identity *i)
{
    return i->account_level;
}

int eid_identity_authentication_level(const struct eid_identity *i)
{
    return i->authentication_level;
}

int64_t eid_identity_auth_time(const struct eid_identity *i)
{
    return claims_number(i->texts, "auth_time");
}

const char *eid_identity_claim(const struct eid_identity *i, const char *name)
{
    return claims_text(i->texts, name);
}

const char *eid_identity_memo(const struct eid_identity *i)
{
    return i->memo;
}

const char *eid_identity_id_token(const struct eid_identity *i)
{
    return i->id_token;
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
