/* Reading and verifying compact JWS.  Order: size, shape, header, key, type, signature; the payload
 * is for the caller, afterwards. */
#include "jose/jws.h"
#include <openssl/err.h>
#include "base/arena.h"
#include "base/b64.h"
#include "base/json.h"
#include "jose/es256.h"
#include "jose/failure.h"

static enum err header_read(struct arena *a, struct str text, struct jws *out)
{
    json_t *header = NULL;
    TRY(json_read_in(a, text, &header));
    if (!json_is_object(header)) {
        return fail(ERR_INPUT, "jws: header is not an object");
    }
    /* spec: RFC 7515 §4.1.11 MUST reject critical extensions that are not understood: all of them
     * spec: RFC 7797 §6 MUST b64 be listed in crit; so it can't stand here in any case */
    if (json_object_get(header, "crit") != NULL || json_object_get(header, "b64") != NULL) {
        return fail(ERR_INPUT, "jws: critical extension");
    }
    /* spec: RFC 8725 §3.1:list, §3.2, RFC 7515 §4.1.1, RFC 7518 §3.6 MUST NOT allow algorithms
     * outside the supported set */
    if (!alg_from_name(json_member(header, "alg"), &out->alg)) {
        return fail(ERR_INPUT, "jws: alg is not one of ours");
    }
    /* spec: RFC 7515 §10.7, RFC 8725 §3.10 jwk, jku, x5c and x5u are not looked at; kid only
     * chooses among ours */
    out->kid = json_member(header, "kid");
    out->typ = json_member(header, "typ");
    if ((out->kid.p == NULL && json_object_get(header, "kid") != NULL) ||
        (out->typ.p == NULL && json_object_get(header, "typ") != NULL)) {
        return fail(ERR_INPUT, "jws: kid or typ is not a string");
    }
    out->header = header;
    return OK;
}

/* spec: RFC 7515 §3.1, §5.2 MUST three base64url parts, header well-formed JSON with unique names
 */
enum err jws_parse(struct arena *a, struct str token, struct jws *out)
{
    if (token.n > JWS_MAX) {
        return fail(ERR_LIMIT, "jws: %zu bytes", token.n);
    }
    struct str rest = token;
    struct str part[3];
    for (size_t i = 0; i < 3; i++) {
        if (!str_split(&rest, '.', &part[i])) {
            return fail(ERR_INPUT, "jws: %zu parts", i);
        }
    }
    if (rest.p != NULL) {
        return fail(ERR_INPUT, "jws: more than three parts");
    }
    struct jws jws = {.signed_text = str_of(token.p, part[0].n + 1 + part[1].n)};
    struct str header;
    TRY(b64_decode(a, part[0], &header));
    TRY(header_read(a, header, &jws));
    TRY(b64_decode(a, part[1], &jws.payload));
    TRY(b64_decode(a, part[2], &jws.signature));
    *out = jws;
    return OK;
}

/* spec: RFC 7515 §4.1.9 typ may be shortened by "application/"; media types ignore case
 * spec: RFC 8725 §3.11 explicit typing keeps one kind of JWT from passing for another, §3.12 */
static bool typ_is(struct str typ, const char *expected)
{
    static const struct str prefix = {"application/", 12};
    if (typ.p == NULL) {
        return str_eqz(STR("JWT"), expected);
    }
    if (typ.n > prefix.n && str_ieq(str_of(typ.p, prefix.n), prefix)) {
        typ = str_of(typ.p + prefix.n, typ.n - prefix.n);
    }
    return str_ieq(typ, str_from(expected));
}

enum err jws_signature_verify(const struct jwk *key, struct str bytes, struct str signature)
{
    uint8_t der[ES256_DER_MAX];
    struct str sig = signature;
    if (key->alg == ALG_ES256) {
        /* spec: RFC 7518 §3.4 MUST be a 64-octet sequence */
        if (signature.n != ES256_SIZE) {
            return fail(ERR_AUTH, "jws: ES256 signature of %zu bytes", signature.n);
        }
        sig = str_of(der, es256_to_der((const uint8_t *)signature.p, der));
    }
    ERR_clear_error();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return fail(ERR_NO_MEMORY, "jws");
    }
    int ready = key->verify != NULL ? EVP_MD_CTX_copy_ex(ctx, key->verify)
                                    : EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key->key);
    /* Else libcrypto copies the context once more, to be asked again. */
    EVP_MD_CTX_set_flags(ctx, EVP_MD_CTX_FLAG_FINALISE);
    int good = ready == 1 ? EVP_DigestVerify(ctx, (const unsigned char *)sig.p, sig.n,
                                             (const unsigned char *)bytes.p, bytes.n)
                          : 0;
    EVP_MD_CTX_free(ctx);
    if (good != 1) {
        /* A plain "no" leaves the queue empty. */
        bool plain = ready == 1 && good == 0 && ERR_peek_error() == 0;
        return fail(plain ? ERR_AUTH : jose_failure(ERR_AUTH), "jws: signature does not verify");
    }
    return OK;
}

/* spec: RFC 8725 §3.3 every signature MUST be validated */
enum err jws_verify(const struct jws *jws, const struct jwk *key, const char *typ)
{
    /* spec: RFC 8725 §3.1:key each key MUST be used with exactly one algorithm */
    if (jws->alg != key->alg) {
        return fail(ERR_AUTH, "jws: %s with a key for %s", alg_name(jws->alg), alg_name(key->alg));
    }
    if (!typ_is(jws->typ, typ)) {
        return fail(ERR_AUTH, "jws: typ is not %s", typ);
    }
    return jws_signature_verify(key, jws->signed_text, jws->signature);
}

enum err jws_verify_with(const struct jws *jws, const struct jwks *keys, const char *typ)
{
    const struct jwk *key = jwks_find(keys, jws->kid, jws->alg);
    if (key != NULL) {
        return jws_verify(jws, key, typ);
    }
    if (jws->kid.p != NULL && jwks_has_kid(keys, jws->kid)) {
        return fail(ERR_AUTH, "jws: the key is for another algorithm than %s", alg_name(jws->alg));
    }
    return fail(ERR_NOT_FOUND, "jws: no key for this kid and %s", alg_name(jws->alg));
}

enum err jws_open(struct arena *a, struct str token, const struct jwks *keys, const char *typ,
                  struct jws *out)
{
    struct jws jws;
    TRY(jws_parse(a, token, &jws));
    TRY(jws_verify_with(&jws, keys, typ));
    *out = jws;
    return OK;
}
