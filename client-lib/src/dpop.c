/* See dpop.h; eid_dpop_proof of eid/token.h. */
#include "libeid/dpop.h"
#include <stdlib.h>
#include <string.h>
#include "base/b64.h"
#include "base/clock.h"
#include "eid/token.h"
#include "jose/jwt.h"

#define JTI_BYTES 16

/* spec: RFC 9449 §4.2 htu is the target without query and fragment */
static struct str target(struct str url)
{
    size_t n = str_find(url, '?');
    size_t fragment = str_find(url, '#');
    return str_of(url.p, n < fragment ? n : fragment);
}

static struct str hash_of(struct work *w, struct str token)
{
    return b64_str(w->arena, work_sha256(w, token));
}

/* spec: RFC 9449 §4.2 typ dpop+jwt, an asymmetric alg, the public jwk; jti, htm, htu, iat; ath with
 * a token, nonce when one was given */
enum eid_code dpop_make(struct work *w, const struct own_key *key, const char *method,
                        struct str url, struct str token, struct str nonce, struct str *out)
{
    if (!str_utf8(str_from(method)) || !str_utf8(url) || !str_utf8(nonce)) {
        return work_fail(w, EID_BAD_ARGUMENT, "DPoP: method, URL or nonce is not text");
    }
    json_t *o = json_own(w->arena, json_object());
    int lost = json_object_set_new(o, "jti", json_str(work_random_b64(w, JTI_BYTES))) |
               json_object_set_new(o, "htm", json_string(method)) |
               json_object_set_new(o, "htu", json_str(target(url))) |
               json_object_set_new(o, "iat", json_integer(clock_now_s()));
    if (token.p != NULL) {
        lost |= json_object_set_new(o, "ath", json_str(hash_of(w, token)));
    }
    if (nonce.p != NULL) {
        lost |= json_object_set_new(o, "nonce", json_str(nonce));
    }
    if (lost != 0) {
        return EID_NO_MEMORY;
    }
    enum err e = jws_sign_with_jwk(w->arena, key->alg, key->key, key->sign, str_from(key->jwk),
                                   "dpop+jwt", json_text(w->arena, o), out);
    return e == OK ? EID_OK : work_refuse(w, e, EID_INTERNAL, "DPoP");
}

const struct own_key *dpop_key(const struct eid_client *c, size_t generation)
{
    return c->dpop_key != NULL ? c->dpop_key : c->sealing[generation].dpop;
}

const struct own_key *dpop_key_of(const struct eid_client *c, struct str thumbprint)
{
    const struct own_key *const ours[] = {c->dpop_key, c->sealing[0].dpop, c->sealing[1].dpop};
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (ours[i] != NULL && str_eqz(thumbprint, ours[i]->thumbprint)) {
            return ours[i];
        }
    }
    return NULL;
}

/* The one an access token names in cnf.jkt, else the newest.  The token is not verified: it is
 * only asked which of our own keys it wants. */
static const struct own_key *key_for_token(struct work *w, const struct eid_client *c,
                                           struct str token)
{
    struct jws jws;
    json_t *claims = NULL;
    const struct own_key *key = NULL;
    if (jws_parse(w->arena, token, &jws) == OK && jwt_claims(w->arena, &jws, &claims) == OK) {
        key = dpop_key_of(c, json_member(json_object_get(claims, "cnf"), "jkt"));
    }
    return key != NULL ? key : dpop_key(c, 0);
}

/* spec: RFC 9449 §5.1 dpop_signing_alg_values_supported says that DPoP is offered, and with what */
enum eid_code dpop_choose(struct work *w, const struct eid_client *c, const struct provider *p,
                          size_t generation, const struct own_key **out)
{
    const struct own_key *key = dpop_key(c, generation);
    *out = NULL;
    if (c->dpop == MODE_OFF || (c->dpop == MODE_AUTO && p->dpop_algs == NULL)) {
        return EID_OK;
    }
    if (str_words_have(str_from(p->dpop_algs), str_from(alg_name(key->alg)))) {
        *out = key;
        return EID_OK;
    }
    if (c->dpop == MODE_AUTO && c->dpop_key == NULL) {
        return EID_OK; /* offered, but with no algorithm of ours: the same as not offered */
    }
    return work_fail(w, EID_NOT_OFFERED,
                     "the provider's dpop_signing_alg_values_supported (%.80s) lacks %s: give "
                     "another key, or set EID_DPOP off",
                     p->dpop_algs == NULL ? "absent" : p->dpop_algs, alg_name(key->alg));
}

struct proof {
    const char *method;
    const char *url;
    const char *token;
    const char *nonce;
    char *text;
};

static enum eid_code prove(struct work *w, struct eid_client *c, void *own)
{
    struct proof *f = own;
    struct str proof;
    if (f->method == NULL || f->url == NULL || f->token == NULL) {
        return work_fail(w, EID_BAD_ARGUMENT, "DPoP: method, URL or access token is missing");
    }
    struct str token = str_from(f->token);
    EID_TRY(dpop_make(w, key_for_token(w, c, token), f->method, str_from(f->url), token,
                      str_from(f->nonce), &proof));
    f->text = strndup(proof.p, proof.n);
    return f->text == NULL ? EID_NO_MEMORY : EID_OK;
}

enum eid_code eid_dpop_proof(struct eid_client *client, const char *method, const char *url,
                             const char *access_token, const char *nonce, char **out,
                             struct eid_error *err)
{
    struct proof f = {method, url, access_token, nonce, NULL};
    enum eid_code code = work_block(client, prove, &f, err);
    if (code == EID_OK) {
        *out = f.text;
    }
    return code;
}
