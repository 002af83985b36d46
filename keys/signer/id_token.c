/* ID tokens (OpenID Connect Core 1.0 §2) and the claims they share with other answers. */
#include "signer/id_token.h"

#include <string.h>
#include <openssl/evp.h>

#include "base/b64.h"
#include "base/buf.h"
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

enum err payload_login(struct arena *a, struct payload *claims, const struct proof *p)
{
    struct buf acr = buf_in(a);
    buf_addz(&acr, "urn:authd:acr:");
    buf_number(&acr, p->account_level);
    buf_byte(&acr, ':');
    buf_number(&acr, p->authentication_level);
    TRY(payload_number(claims, "auth_time", p->auth_time));
    TRY(payload_text(claims, "acr", buf_str(&acr)));
    return payload_list(claims, "amr", amr_words(a, p->amr));
}

enum err payload_actor(struct arena *a, struct payload *claims, const struct held_keys *k,
                       const struct proof *p)
{
    struct str sub;
    if (uuid_is_none(&p->actor) || memcmp(&p->actor, &p->subject, UUID_SIZE) == 0) {
        return OK;
    }
    TRY(subject_text(a, k, &p->actor, p->sector, &sub));
    return payload_nested(claims, "act", "sub", sub);
}

enum err payload_cnf(struct payload *claims, struct str cnf)
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
    return payload_nested(claims, "cnf", "jkt", str_from(c.jkt));
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
    struct payload claims = payload_begin(a);
    struct str hash;
    enum alg alg = ALG_ES256;
    if (str_is(r->alg) && !alg_from_name(r->alg, &alg)) {
        return fail(ERR_INPUT, "id token: unknown algorithm");
    }
    /* spec: OpenID Core §2:signed MUST be signed; §15.1:rs256 RS256 where registered; §10.1 the
     * header names the kid */
    TRY(held_signing(s->keys, alg, r->now, &key));
    TRY(at_hash(a, alg, r->access_token, &hash));
    if (release_asks(a, p->claims, "id_token")) {
        json_t *released = json_own(a, json_object());
        TRY(release_documents(a, s, p, r->documents, r->n_documents, STR(""), "id_token",
                              released));
        TRY(payload_members(&claims, released));
    }
    /* spec: OpenID Core §2:claims iss, sub, aud, exp, iat REQUIRED */
    TRY(payload_text(&claims, "iss", s->issuer));
    TRY(payload_text(&claims, "sub", r->names->sub));
    TRY(payload_text(&claims, "aud", p->client_id));
    TRY(payload_number(&claims, "exp", r->now + s->id_token_lifetime_s));
    TRY(payload_number(&claims, "iat", r->now));
    /* spec: OpenID Core §2:nonce MUST be passed through unmodified */
    if (p->kind == PROOF_CODE && str_is(p->nonce)) {
        TRY(payload_text(&claims, "nonce", p->nonce));
    }
    TRY(payload_text(&claims, "at_hash", hash));
    TRY(payload_text(&claims, "sid", r->names->sid));
    /* spec: OpenID Core §2:auth_time REQUIRED when max_age was asked for; always told */
    TRY(payload_login(a, &claims, p));
    TRY(payload_actor(a, &claims, s->keys, p));
    TRY(payload_number(&claims, CLAIM_ACCOUNT_LEVEL, p->account_level));
    TRY(payload_number(&claims, CLAIM_AUTHENTICATION_LEVEL, p->authentication_level));
    return token_sign(a, key, TOKEN_ID, payload_end(&claims), out);
}
