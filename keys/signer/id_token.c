/* ID tokens (OpenID Connect Core 1.0 §2) and the claims they share with other answers. */
#include "signer/id_token.h"

#include <string.h>
#include <openssl/evp.h>

#include "base/b64.h"
#include "base/buf.h"
#include "base/json.h"
#include "signer/confirmation.h"
#include "signer/document.h"
#include "signer/release.h"
#include "signer/state.h"
#include "signer/subject.h"
#include "signer/token.h"

static struct str amr_words(struct arena *a, uint32_t amr)
{
    /* spec: RFC 8176 §2; "bio" stands for any biometric, whose kind is nobody's business */
    static const struct {
        enum amr bit;
        const char *name;
    } names[] = {{AMR_PWD, "pwd"}, {AMR_OTP, "otp"}, {AMR_HWK, "hwk"},
                 {AMR_BIO, "bio"}, {AMR_SC, "sc"},   {AMR_MFA, "mfa"}};
    struct buf b = buf_in(a);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((amr & (uint32_t)names[i].bit) != 0) {
            buf_addz(&b, b.n > 0 ? " " : "");
            buf_addz(&b, names[i].name);
        }
    }
    return buf_str(&b);
}

enum err claims_login(struct arena *a, jwt_t *claims, const struct proof *p)
{
    TRY(claims_number(claims, "auth_time", p->auth_time));
    TRY(claims_text(a, claims, "acr",
                    str_fmt(a, "urn:authd:acr:%u:%u", (unsigned)p->account_level,
                            (unsigned)p->authentication_level)));
    return claims_array(a, claims, "amr", amr_words(a, p->amr));
}

enum err claims_actor(struct arena *a, jwt_t *claims, const struct held_keys *k,
                      const struct proof *p)
{
    struct str sub;
    if (uuid_is_none(&p->actor) || memcmp(&p->actor, &p->subject, UUID_SIZE) == 0) {
        return OK;
    }
    TRY(subject_text(a, k, &p->actor, p->sector, &sub));
    return claims_object(claims, a, str_fmt(a, "{\"act\":{\"sub\":\"%.*s\"}}", STR_FMT(sub)));
}

enum err claims_cnf(struct arena *a, jwt_t *claims, struct str cnf)
{
    struct confirmation c;
    TRY(confirmation_read(cnf, &c));
    if (!confirmation_binds(&c)) {
        return OK;
    }
    /* spec: RFC 9449 §6.1 the access token names the key it is bound to; a form that leaves the key
     * open is none */
    if (c.any_key) {
        return fail(ERR_INPUT, "cnf: a token is bound to one key");
    }
    return claims_object(claims, a, str_fmt(a, "{\"cnf\":{\"jkt\":\"%s\"}}", c.jkt));
}

enum err release_documents(struct arena *a, const struct signer *s, const struct proof *p,
                           const struct sealed_document *documents, size_t n, struct str scope,
                           const char *part, json_t *out)
{
    for (size_t i = 0; i < n; i++) {
        json_t *attributes = NULL;
        struct str text;
        if (memcmp(&documents[i].identity, &p->subject, UUID_SIZE) != 0) {
            return fail(ERR_DENIED, "warrant: the document is of somebody else");
        }
        TRY(document_open(a, s->signers, &documents[i], &attributes, &text));
        release_claims(a, attributes, scope, p->claims, part, out);
    }
    return OK;
}

/* spec: OpenID Connect Core 1.0 §3.1.3.6 the left half of the hash that goes with the alg;
 * Ed25519's is SHA-512 */
static enum err at_hash(struct arena *a, enum alg alg, struct str access_token, struct str *out)
{
    uint8_t h[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (alg != ALG_EDDSA) {
        struct sha256 short_hash = sha256(access_token);
        *out = b64_str(a, str_of(short_hash.b, sizeof short_hash.b / 2));
        return OK;
    }
    if (EVP_Digest(access_token.p, access_token.n, h, &n, EVP_sha512(), NULL) != 1) {
        return fail(ERR_CRYPTO, "at_hash: digest failed");
    }
    *out = b64_str(a, str_of(h, n / 2));
    return OK;
}

/* spec: OpenID Connect Core 1.0 §12.2:same iss, sub, aud, auth_time as in the first; SHOULD NOT
 * have a nonce */
enum err id_token_make(struct arena *a, const struct signer *s, const struct id_token_request *r,
                       struct str *out)
{
    const struct proof *p = r->proof;
    const struct held_key *key;
    jwt_t *claims;
    struct str hash;
    enum alg alg = ALG_ES256;
    if (str_is(r->alg) && !alg_from_name(r->alg, &alg)) {
        return fail(ERR_INPUT, "id token: unknown algorithm");
    }
    /* spec: OpenID Core §2:signed MUST be signed; §15.1:rs256 RS256 where registered; §10.1 the
     * header names the kid */
    TRY(held_signing(s->keys, alg, r->now, &key));
    TRY(at_hash(a, alg, r->access_token, &hash));
    TRY(claims_new(a, &claims));
    if (release_asks(a, p->claims, "id_token")) {
        json_t *released = json_own(a, json_object());
        TRY(release_documents(a, s, p, r->documents, r->n_documents, STR(""), "id_token",
                              released));
        TRY(claims_object(claims, a, json_text(a, released)));
    }
    /* spec: OpenID Core §2:claims iss, sub, aud, exp, iat REQUIRED */
    TRY(claims_text(a, claims, "iss", s->issuer));
    TRY(claims_text(a, claims, "sub", r->names->sub));
    TRY(claims_text(a, claims, "aud", p->client_id));
    TRY(claims_number(claims, "exp", r->now + s->id_token_lifetime_s));
    TRY(claims_number(claims, "iat", r->now));
    /* spec: OpenID Core §2:nonce MUST be passed through unmodified */
    if (p->kind == PROOF_CODE && str_is(p->nonce)) {
        TRY(claims_text(a, claims, "nonce", p->nonce));
    }
    TRY(claims_text(a, claims, "at_hash", hash));
    TRY(claims_text(a, claims, "sid", r->names->sid));
    /* spec: OpenID Core §2:auth_time REQUIRED when max_age was asked for; always told */
    TRY(claims_login(a, claims, p));
    TRY(claims_actor(a, claims, s->keys, p));
    TRY(claims_number(claims, CLAIM_ACCOUNT_LEVEL, p->account_level));
    TRY(claims_number(claims, CLAIM_AUTHENTICATION_LEVEL, p->authentication_level));
    return token_make(a, key, TOKEN_ID, claims, out);
}
