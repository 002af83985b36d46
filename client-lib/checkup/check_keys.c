/* The provider's keys: the plain set, the signed set with the pinned root, and whether one fits the
 * algorithm ID tokens are expected in. */
#include "base/buf.h"
#include "checkup/doctor.h"
#include "jose/jws.h"
#include "jose/jwt.h"

static enum alg wanted(const struct doctor *d)
{
    enum alg alg = ALG_ES256;
    const char *set = doctor_setting(d, ID_TOKEN_ALG);
    return set != NULL && alg_from_name(str_from(set), &alg) ? alg : ALG_ES256;
}

static void tell_keys(struct doctor *d, const char *check, const json_t *set, const char *where)
{
    struct jwks *keys = NULL;
    enum alg alg = wanted(d);
    if (jwks_read_json(set, alg == ALG_PS256 ? ALG_PS256 : ALG_RS256, &keys) != OK) {
        report_add(d->report, FAILED, check, "the provider's operator must mend it",
                   "%s is no key set: %s", where, err_reason());
        return;
    }
    struct buf b = buf_in(d->arena);
    size_t fitting = 0;
    for (size_t i = 0; i < jwks_count(keys); i++) {
        const struct jwk *k = jwks_at(keys, i);
        buf_fmt(&b, "%s%s", i > 0 ? " " : "", alg_name(k->alg));
        fitting += k->alg == alg ? 1 : 0;
    }
    if (fitting == 0) {
        report_add(d->report, FAILED, check,
                   "set ID_TOKEN_ALG to what this client is registered with "
                   "(id_token_signed_response_alg)",
                   "%s has no %s key (it has: %s)", where, alg_name(alg), buf_z(&b));
    } else {
        report_add(d->report, GOOD, check, NULL, "%zu: %s", jwks_count(keys), buf_z(&b));
    }
    jwks_free(keys);
}

static void judge_plain(struct doctor *d)
{
    const char *url = doctor_endpoint(d, "jwks_uri");
    struct seen *s = web_ask(&d->web, url, NULL);
    json_t *set = NULL;
    if (s->code != CURLE_OK) {
        doctor_explain_silence(d, FAILED, "keys", s);
    } else if (s->status != 200) {
        report_add(d->report, FAILED, "keys", "the provider's operator: jwks_uri must answer",
                   "%s: status %d", url, s->status);
    } else if (json_read_in(d->arena, s->body, &set) != OK) {
        report_add(d->report, FAILED, "keys", "the provider's operator must mend it",
                   "%s is not JSON: %s", url, err_reason());
    } else {
        tell_keys(d, "keys", set, "jwks_uri");
    }
}

/* Which of our expectations a signed set does not meet; libeid has refused it already. */
static void explain_signed(struct doctor *d, const struct seen *s, const struct eid_error *err)
{
    struct jws jws;
    struct jwk *root = NULL;
    json_t *claims = NULL;
    struct str token = str_trim(s->body);
    while (str_ends(token, STR("\n"))) {
        token.n--;
    }
    if (jws_parse(d->arena, token, &jws) != OK) {
        report_add(d->report, FAILED, "signed keys", "the provider's operator must mend it",
                   "signed_jwks_uri is no signed key set: %s", err_reason());
        return;
    }
    bool genuine = jwk_read_text(str_from(doctor_setting(d, ROOT_JWK)), ALG_UNSET, &root) == OK &&
                   jws_verify(&jws, root, "jwk-set+jwt") == OK;
    jwk_free(root);
    int64_t issued = 0;
    if (!genuine) {
        report_add(d->report, FAILED, "signed keys",
                   "compare ROOT_JWK with the root the operator published; if it was changed, pin "
                   "the new one; if not, an attacker offers keys",
                   "not signed by the pinned root (signed under kid %.*s)", STR_FMT(jws.kid));
    } else if (jwt_claims(d->arena, &jws, &claims) == OK &&
               jwt_time(claims, "iat", &issued) == OK && issued > s->at_s) {
        report_add(d->report, FAILED, "signed keys", "keep time: timedatectl, chronyc tracking",
                   "issued %lld seconds in the future: this machine's clock is slow",
                   (long long)(issued - s->at_s));
    } else {
        report_add(d->report, FAILED, "signed keys",
                   "the provider's operator: is its clock right, "
                   "does it sign its key set?",
                   "%s", err->detail);
    }
}

static void judge_signed(struct doctor *d)
{
    struct eid_error err = {.code = EID_OK};
    const char *url = doctor_endpoint(d, "signed_jwks_uri");
    if (doctor_setting(d, ROOT_JWK) == NULL) {
        report_add(d->report, NOT_OFFERED, "signed keys", NULL,
                   url != NULL ? "offered, but no root is pinned here (ROOT_JWK)"
                               : "no signed_jwks_uri");
        return;
    }
    if (url == NULL) {
        report_add(d->report, FAILED, "signed keys", "take ROOT_JWK away, or ask the operator",
                   "a root is pinned, but the provider has no signed_jwks_uri");
        return;
    }
    struct seen *s = web_ask(&d->web, url, NULL);
    if (s->code != CURLE_OK) {
        doctor_explain_silence(d, FAILED, "signed keys", s);
        return;
    }
    if (eid_client_prepare(d->client, &err) != EID_OK && err.code == EID_KEYS_FORGED) {
        explain_signed(d, s, &err);
    } else if (err.code != EID_OK) {
        report_add(d->report, FAILED, "signed keys", "see what this names", "%s: %s",
                   eid_error_name(err.code), err.detail);
    } else {
        report_add(d->report, GOOD, "signed keys", NULL, "signed by the pinned root");
    }
}

bool check_keys(struct doctor *d)
{
    judge_plain(d);
    judge_signed(d);
    return true;
}
