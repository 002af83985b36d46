/* See proof.h.  The key comes from the proof's own header: it is worth something only because the
 * token names it. */
#include "libeid/proof.h"
#include "base/b64.h"
#include "base/ct.h"
#include "base/url.h"
#include "jose/jwt.h"

#define JTI_MAX 256

static enum eid_code refuse(struct work *w, const char *why)
{
    return work_fail(w, EID_PROOF_REFUSED, "DPoP proof: %s", why);
}

/* A proof is not refused because memory ended. */
static enum eid_code refuse_for(struct work *w, enum err e, const char *why)
{
    return e == ERR_NO_MEMORY || e == ERR_CRYPTO ? work_refuse(w, e, EID_INTERNAL, "DPoP proof")
                                                 : refuse(w, why);
}

static void free_jwk(void *key)
{
    jwk_free(key);
}

/* spec: RFC 9449 §4.3:alg an asymmetric algorithm; §4.3:jwk its key without private members;
 * §4.3:signature verifies with it; §6.1 that key is the one in cnf.jkt */
static enum eid_code judge_key(struct work *w, const struct jws *jws, struct str thumbprint)
{
    struct jwk *key = NULL;
    struct str own;
    enum err e = jwk_read(json_object_get(jws->header, "jwk"), jws->alg, &key);
    if (e != OK) {
        return refuse_for(w, e, "its jwk is no public key for its algorithm");
    }
    arena_defer(w->arena, free_jwk, key);
    e = jws_verify(jws, key, "dpop+jwt");
    if (e != OK) {
        return refuse_for(w, e, "signature or typ is wrong");
    }
    e = jwk_thumbprint_text(w->arena, key->key, &own);
    if (e != OK || !ct_str_equal(own, thumbprint)) {
        return refuse_for(w, e, "its key is not the one the token is bound to");
    }
    return EID_OK;
}

static struct str port_of(const struct url *u)
{
    return u->port.n > 0 ? u->port : str_ieq(u->scheme, STR("https")) ? STR("443") : STR("80");
}

/* Without query and fragment, and with an empty path as "/" (RFC 3986 section 6.2.3). */
static bool same_target(struct str one, struct str other)
{
    struct url a;
    struct url b;
    if (url_parse(one, &a) != OK || url_parse(other, &b) != OK) {
        return false;
    }
    struct str pa = a.path.n > 0 ? a.path : STR("/");
    struct str pb = b.path.n > 0 ? b.path : STR("/");
    return str_ieq(a.scheme, b.scheme) && str_ieq(a.host, b.host) &&
           str_eq(port_of(&a), port_of(&b)) && str_eq(pa, pb);
}

/* spec: RFC 9449 §4.3:htm, §4.3:htu this request's method and target
 * spec: RFC 9449 §4.3:ath the hash of this token; §4.3:nonce the one that was demanded */
static enum eid_code judge_request(struct work *w, const json_t *claims,
                                   const struct proof_expect *expect)
{
    struct str ath = b64_str(w->arena, work_sha256(w, expect->token));
    struct str nonce = json_member(claims, "nonce");
    if (!str_eq(json_member(claims, "htm"), expect->method)) {
        return refuse(w, "htm is not this request's method");
    }
    if (!same_target(json_member(claims, "htu"), expect->url)) {
        return refuse(w, "htu is not this request's URL: give the URL as the sender sees it");
    }
    if (!str_is(json_member(claims, "ath")) || !ct_str_equal(json_member(claims, "ath"), ath)) {
        return refuse(w, "ath is not this token's hash");
    }
    if (expect->nonce.p != NULL && (nonce.p == NULL || !ct_str_equal(nonce, expect->nonce))) {
        return refuse(w, "nonce is not the one demanded");
    }
    return EID_OK;
}

/* spec: RFC 9449 §4.3:iat within an acceptable window, §11.1 a short one */
static enum eid_code judge_time(struct work *w, const json_t *claims,
                                const struct proof_expect *expect, int64_t *until_s)
{
    int64_t iat;
    struct jwt_expect times = {.now = expect->now, .skew_s = expect->skew_s, .exp_optional = true};
    if (jwt_time(claims, "iat", &iat) != OK || jwt_check(claims, &times) != OK) {
        return refuse(w, "iat is missing or in the future");
    }
    if (iat + expect->max_age_s + expect->skew_s < expect->now) {
        return refuse(w, "made too long ago");
    }
    *until_s = iat + expect->max_age_s + expect->skew_s + 1;
    return EID_OK;
}

enum eid_code proof_check(struct work *w, struct str text, const struct proof_expect *expect,
                          struct str *jti, int64_t *until_s)
{
    struct jws jws;
    json_t *claims = NULL;
    enum err e = text.n > PROOF_MAX ? ERR_LIMIT : jws_parse(w->arena, text, &jws);
    if (e != OK) {
        return refuse_for(w, e, "not one signed JWT");
    }
    EID_TRY(judge_key(w, &jws, expect->thumbprint));
    e = jwt_claims(w->arena, &jws, &claims);
    if (e != OK) {
        return refuse_for(w, e, "claims are not an object");
    }
    EID_TRY(judge_request(w, claims, expect));
    EID_TRY(judge_time(w, claims, expect, until_s));
    *jti = json_member(claims, "jti");
    if (!str_is(*jti) || jti->n > JTI_MAX) {
        return refuse(w, "jti is missing or too long");
    }
    return EID_OK;
}
