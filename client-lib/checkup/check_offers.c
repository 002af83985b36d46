/* What this portal asks for against what the provider says it offers.  A list that is not told is
 * no refusal: the registration check asks for real. */
#include <string.h>
#include "checkup/doctor.h"

/* The words of `asked` that the list lacks; empty when all are there or the list is not told. */
static struct str lacking(const struct doctor *d, const char *list, const char *asked, bool *told)
{
    struct str rest = str_from(asked);
    struct str word;
    struct str out = STR("");
    *told = json_is_array(json_object_get(d->metadata, list));
    while (str_word(&rest, &word)) {
        bool is_list;
        if (!doctor_offers(d, list, word, &is_list) && is_list) {
            out =
                str_fmt(d->arena, "%.*s%s%.*s", STR_FMT(out), out.n > 0 ? " " : "", STR_FMT(word));
        }
    }
    return out;
}

static void judge_list(struct doctor *d, const char *check, const char *list, const char *asked,
                       enum status otherwise, const char *cure)
{
    bool told;
    struct str missing = lacking(d, list, asked, &told);
    if (!told) {
        report_add(d->report, NOT_OFFERED, check, NULL, "%s is not told; asked for: %s", list,
                   asked);
    } else if (missing.n > 0) {
        report_add(d->report, otherwise, check, cure, "%s lacks %.*s (it has: %s)", list,
                   STR_FMT(missing), doctor_list(d, list));
    } else {
        report_add(d->report, GOOD, check, NULL, "%s", asked);
    }
}

static void judge_scope(struct doctor *d)
{
    const char *scope = doctor_setting(d, SCOPE);
    bool told;
    if (!str_words_have(str_from(scope), STR("openid"))) {
        report_add(d->report, FAILED, "scope", "add openid to SCOPE",
                   "\"%s\" lacks openid: there would be no ID token", scope);
        return;
    }
    judge_list(d, "scope", "scopes_supported", scope, WARNING,
               "is it spelt as the provider spells it? ask for what it has");
    if (str_words_have(str_from(scope), STR("offline_access"))) {
        bool has = doctor_offers(d, "grant_types_supported", STR("refresh_token"), &told);
        if (told && !has) {
            report_add(d->report, WARNING, "scope", "ask without offline_access",
                       "offline_access is asked for, but grant_types_supported lacks "
                       "refresh_token");
        }
    }
}

/* The levels libeid asks for are these (docs/claims.md). */
static void judge_levels(struct doctor *d)
{
    const char *account = doctor_setting(d, ACCOUNT_LEVEL);
    const char *level = doctor_setting(d, AUTH_LEVEL);
    bool told;
    if (doctor_setting(d, ACR_VALUES) != NULL) {
        judge_list(d, "acr", "acr_values_supported", doctor_setting(d, ACR_VALUES), WARNING,
                   "ask for levels the provider knows");
    }
    if ((account == NULL || strcmp(account, "0") == 0) &&
        (level == NULL || strcmp(level, "0") == 0)) {
        return;
    }
    account = account == NULL || strcmp(account, "0") == 0 ? "1" : account;
    level = level == NULL || strcmp(level, "0") == 0 ? "1" : level;
    struct str acr = str_fmt(d->arena, "urn:authd:acr:%s:%s", account, level);
    if (doctor_offers(d, "acr_values_supported", acr, &told)) {
        report_add(d->report, GOOD, "levels", NULL, "account %s, authentication %s", account,
                   level);
    } else {
        report_add(d->report, FAILED, "levels",
                   "ACCOUNT_LEVEL and AUTH_LEVEL are of authd's kind; elsewhere set both to 0 and "
                   "use ACR_VALUES",
                   "acr_values_supported%s%s lacks %.*s, which would be demanded",
                   told ? ": " : " (not told)", doctor_list(d, "acr_values_supported"),
                   STR_FMT(acr));
    }
}

static void judge_method(struct doctor *d)
{
    struct eid_error err = {.code = EID_OK};
    if (eid_client_prepare(d->client, &err) != EID_OK && err.code == EID_NOT_OFFERED) {
        report_add(d->report, FAILED, "authentication method",
                   "use one the provider has, and register it", "%s (it has: %s)", err.detail,
                   doctor_list(d, "token_endpoint_auth_methods_supported"));
    } else if (err.code == EID_BAD_CONFIGURATION) {
        report_add(d->report, FAILED, "authentication method", "correct TOKEN_AUTH or add the key",
                   "%s", err.detail);
    } else {
        const char *set = doctor_setting(d, TOKEN_AUTH);
        if (set != NULL) {
            judge_list(d, "authentication method", "token_endpoint_auth_methods_supported", set,
                       WARNING, "use one the provider has, and register it");
        }
    }
}

static void judge_dpop(struct doctor *d)
{
    const char *set = doctor_setting(d, DPOP);
    bool told;
    bool has = doctor_offers(d, "dpop_signing_alg_values_supported", STR("ES256"), &told);
    if (set != NULL && strcmp(set, "off") == 0) {
        report_add(d->report, NOT_OFFERED, "DPoP", NULL,
                   has ? "off here, though the provider offers it: a stolen token works for "
                         "whoever has it"
                       : "off");
    } else if (!has && set != NULL && strcmp(set, "on") == 0) {
        report_add(d->report, FAILED, "DPoP", "set DPOP to auto, or ask the provider's operator",
                   "DPOP is on, but the provider offers %s",
                   told ? doctor_list(d, "dpop_signing_alg_values_supported") : "none");
    } else {
        report_add(d->report, has ? GOOD : NOT_OFFERED, "DPoP", NULL,
                   has ? "ES256: tokens are bound to a key" : "tokens are bearer tokens");
    }
}

static void judge_push(struct doctor *d)
{
    const char *set = doctor_setting(d, PAR);
    bool has = doctor_endpoint(d, "pushed_authorization_request_endpoint") != NULL;
    bool off = set != NULL && strcmp(set, "off") == 0;
    if (!has && set != NULL && strcmp(set, "on") == 0) {
        report_add(d->report, FAILED, "pushed requests", "set PAR to auto",
                   "PAR is on, but the provider has no "
                   "pushed_authorization_request_endpoint");
    } else {
        report_add(d->report, has && !off ? GOOD : NOT_OFFERED, "pushed requests", NULL,
                   !has  ? "the request travels through the browser"
                   : off ? "off here, though the provider offers them"
                         : "the request goes to the provider directly (RFC 9126)");
    }
}

bool check_offers(struct doctor *d)
{
    const char *alg = doctor_setting(d, ID_TOKEN_ALG);
    judge_list(d, "ID token algorithm", "id_token_signing_alg_values_supported",
               alg != NULL ? alg : "ES256", FAILED,
               "set ID_TOKEN_ALG to what this client is registered with");
    judge_scope(d);
    judge_levels(d);
    if (doctor_setting(d, CLAIMS) != NULL) {
        judge_list(d, "claims", "claims_supported", doctor_setting(d, CLAIMS), WARNING,
                   "do without, or ask the operator under which name it is released");
    }
    judge_method(d);
    judge_push(d);
    judge_dpop(d);
    return !report_said(d->report, FAILED, "authentication method");
}
