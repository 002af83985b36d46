/* Judging a DPoP proof.  The key comes from the proof's own header and proves nothing but itself:
 * it must not be looked up, and nothing is known of who holds it. */
#include "oidc/dpop_proof.h"
#include <string.h>
#include "base/b64.h"
#include "base/ct.h"
#include "base/hash.h"
#include "jose/jwt.h"
#include "oidc/target_uri.h"

#define PROOF_MAX 4096
#define JTI_MAX 256
#define NONCE_MAX 256

static void free_jwk(void *key)
{
    jwk_free(key);
}

/* spec: RFC 9449 §4.3:alg an asymmetric algorithm we support; §4.3:jwk no private key in it */
static enum refusal key_read(struct arena *a, const struct jws *jws, struct jwk **out)
{
    struct jwk *key = NULL;
    if (jws->alg == ALG_RS256) {
        return REFUSE_DPOP_ALG;
    }
    enum err e = jwk_read(json_object_get(jws->header, "jwk"), jws->alg, &key);
    if (e != OK) {
        return err_is_ours(e)    ? REFUSE_LATER
               : e == ERR_DENIED ? REFUSE_DPOP_PRIVATE
                                 : REFUSE_DPOP_JWK;
    }
    arena_defer(a, free_jwk, key);
    *out = key;
    return REFUSE_NOTHING;
}

static enum refusal thumbprint(struct arena *a, const struct jwk *key, char out[JKT_SIZE + 1])
{
    struct str jkt = STR_NONE;
    enum err e = jwk_thumbprint_text(a, key->key, &jkt);
    if (e != OK || jkt.n != JKT_SIZE) {
        return err_is_ours(e) ? REFUSE_LATER : REFUSE_DPOP_JWK;
    }
    memcpy(out, jkt.p, JKT_SIZE);
    out[JKT_SIZE] = '\0';
    return REFUSE_NOTHING;
}

static bool text_within(const json_t *claims, const char *name, size_t max, struct str *out)
{
    *out = json_member(claims, name);
    return str_is(*out) && out->n <= max;
}

/* spec: RFC 9449 §4.3:htm, §4.3:htu the method and the URI of this request, without query and
 * fragment */
static bool is_for(struct arena *a, const json_t *claims, const struct dpop_expect *expect)
{
    struct str uri;
    return str_eq(json_member(claims, "htm"), expect->method) &&
           target_uri_normal(a, json_member(claims, "htu"), &uri) == OK && str_eq(uri, expect->uri);
}

/* spec: RFC 9449 §4.3:iat, §11.1:window within an acceptable window, and only a short one */
static enum refusal time_check(const json_t *claims, const struct dpop_expect *expect, int64_t *iat)
{
    struct jwt_expect times = {.now = expect->now, .skew_s = expect->ahead_s, .exp_optional = true};
    if (jwt_time(claims, "iat", iat) != OK) {
        return REFUSE_DPOP_CLAIMS;
    }
    if (*iat < expect->now - expect->age_s || *iat > expect->now + expect->ahead_s) {
        return REFUSE_DPOP_TIME;
    }
    /* exp and nbf are not asked for, but mean what they say */
    return jwt_check(claims, &times) == OK ? REFUSE_NOTHING : REFUSE_DPOP_TIME;
}

/* spec: RFC 9449 §4.3:ath the hash of the access token it comes with */
static bool goes_with(struct arena *a, const json_t *claims, struct str access_token)
{
    struct sha256 hash = sha256(access_token);
    struct str ath = json_member(claims, "ath");
    return str_is(ath) && ct_str_equal(ath, b64_str(a, sha256_str(&hash)));
}

static enum refusal claims_check(struct arena *a, const json_t *claims,
                                 const struct dpop_expect *expect, struct dpop_proof *p)
{
    struct str any;
    if (!text_within(claims, "jti", JTI_MAX, &p->jti) ||
        !text_within(claims, "htm", JTI_MAX, &any) || !text_within(claims, "htu", JWS_MAX, &any)) {
        return REFUSE_DPOP_CLAIMS;
    }
    if (json_object_get(claims, "nonce") != NULL &&
        !text_within(claims, "nonce", NONCE_MAX, &p->nonce)) {
        return REFUSE_DPOP_CLAIMS;
    }
    if (!is_for(a, claims, expect)) {
        return REFUSE_DPOP_TARGET;
    }
    enum refusal why = time_check(claims, expect, &p->iat);
    if (why == REFUSE_NOTHING && expect->access_token.p != NULL &&
        !goes_with(a, claims, expect->access_token)) {
        return REFUSE_DPOP_ATH;
    }
    return why;
}

/* spec: RFC 9449 §4.3:jwt a single well-formed JWT with all required claims, §4.3:typ dpop+jwt,
 * §4.3:signature by the key in jwk */
enum refusal dpop_proof_check(struct arena *a, struct str text, const struct dpop_expect *expect,
                              struct dpop_proof *out)
{
    struct jws jws;
    struct jwk *key = NULL;
    json_t *claims = NULL;
    struct dpop_proof p = {.nonce = STR_NONE};
    if (text.n > PROOF_MAX || jws_parse(a, text, &jws) != OK) {
        return REFUSE_DPOP_MALFORMED;
    }
    if (!str_ieq(jws.typ, STR("dpop+jwt")) && !str_ieq(jws.typ, STR("application/dpop+jwt"))) {
        return REFUSE_DPOP_MALFORMED;
    }
    enum refusal why = key_read(a, &jws, &key);
    if (why != REFUSE_NOTHING) {
        return why;
    }
    enum err e = jws_verify(&jws, key, "dpop+jwt");
    if (e != OK) {
        return err_is_ours(e) ? REFUSE_LATER : REFUSE_DPOP_SIGNATURE;
    }
    if (jwt_claims(a, &jws, &claims) != OK) {
        return REFUSE_DPOP_CLAIMS;
    }
    why = claims_check(a, claims, expect, &p);
    if (why == REFUSE_NOTHING) {
        why = thumbprint(a, key, p.jkt);
    }
    if (why == REFUSE_NOTHING) {
        *out = p;
    }
    return why;
}
