/* ID tokens.  spec: OpenID Connect Core 1.0 §3.1.3.7 */
#include "libeid/id_token.h"
#include <openssl/evp.h>
#include "base/b64.h"
#include "base/clock.h"
#include "base/ct.h"
#include "jose/failure.h"
#include "libeid/verify.h"

/* 3 to 5: aud MUST contain us; more audiences MUST come with azp, and azp MUST be us */
static enum eid_code judge_party(struct work *w, const struct eid_client *c, const json_t *claims)
{
    const json_t *azp = json_object_get(claims, "azp");
    bool ours = str_eqz(json_member(claims, "azp"), c->client_id);
    if ((azp != NULL && !ours) || (azp == NULL && jwt_audience_count(claims) > 1)) {
        return work_fail(w, EID_TOKEN_REFUSED, "ID token: azp is not this client");
    }
    return EID_OK;
}

/* §3.1.3.8: the left half of the hash that goes with the algorithm
 * spec: OpenID Core §3.1.3.8 */
static enum eid_code judge_at_hash(struct work *w, const struct eid_client *c, const json_t *claims,
                                   struct str access_token)
{
    if (access_token.p == NULL || json_object_get(claims, "at_hash") == NULL) {
        return EID_OK;
    }
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    const EVP_MD *md = c->id_token_alg == ALG_EDDSA ? EVP_sha512() : EVP_sha256();
    if (EVP_Digest(access_token.p, access_token.n, digest, &n, md, NULL) != 1) {
        return work_refuse(w, jose_failure(ERR_CRYPTO), EID_INTERNAL, "libcrypto could not hash");
    }
    struct str half = b64_str(w->arena, str_of(digest, n / 2));
    if (!ct_str_equal(half, json_member(claims, "at_hash"))) {
        return work_fail(w, EID_TOKEN_FORGED, "ID token: at_hash is of another access token");
    }
    return EID_OK;
}

/* The claims' half, pure but for the clock. */
static enum eid_code judge(struct work *w, const struct eid_client *c, const json_t *claims,
                           const struct id_token_expect *expect)
{
    static const char *const required[] = {"iss", "sub", "aud", "exp", "iat", NULL};
    const struct str us = str_from(c->client_id);
    struct jwt_expect basics = {.issuer = str_from(c->issuer),
                                .audiences = &us,
                                .n_audiences = 1,
                                .required = required,
                                .now = clock_now_s(),
                                .skew_s = c->skew_s};
    EID_TRY(verify_claims(w, c, claims, &basics, "ID token"));
    EID_TRY(judge_party(w, c, claims));
    if (!str_is(json_member(claims, "sub"))) {
        return work_fail(w, EID_TOKEN_REFUSED, "ID token: sub is not text");
    }
    /* 11: nonce MUST be the one that was sent */
    struct str nonce = json_member(claims, "nonce");
    if (expect->nonce.p != NULL && (nonce.p == NULL || !ct_str_equal(nonce, expect->nonce))) {
        return work_fail(w, EID_NONCE_MISMATCH, "ID token: made for another login");
    }
    /* §12.2: sub of a refreshed ID token MUST be the same
     * spec: OpenID Core §12.2:party */
    if (expect->subject.p != NULL && !str_eq(json_member(claims, "sub"), expect->subject)) {
        return work_fail(w, EID_SUBJECT_MISMATCH, "ID token: speaks of somebody else");
    }
    /* 13: when max_age was sent, auth_time MUST be there and not too old */
    if (expect->max_age_s > 0) {
        int64_t auth_time;
        if (jwt_time(claims, "auth_time", &auth_time) != OK ||
            auth_time + expect->max_age_s + c->skew_s < basics.now) {
            return work_fail(w, EID_LOGIN_EXPIRED,
                             "ID token: the person logged in longer ago than max_age_s");
        }
    }
    return judge_at_hash(w, c, claims, expect->access_token);
}

enum eid_code id_token_verify(struct work *w, struct eid_client *c, struct str token,
                              const struct id_token_expect *expect, json_t **claims)
{
    EID_TRY(verify_jwt(w, c, token, "JWT", c->id_token_alg, claims));
    return judge(w, c, *claims, expect);
}
