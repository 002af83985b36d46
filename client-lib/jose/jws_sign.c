/* Making compact JWS.  The header is written by hand: a few members, in a fixed order. */
#include "jose/jws.h"
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "jose/es256.h"
#include "jose/failure.h"

#define SIGNATURE_MAX (RSA_BITS_MAX / 8)

/* spec: RFC 7515 §5.1 over BASE64URL(header) || "." || BASE64URL(payload); jws_sign below joins
 * them */
enum err jws_signature(struct arena *a, enum alg alg, EVP_PKEY *key,
                       const EVP_MD_CTX *sign_template, struct str bytes, struct str *out)
{
    unsigned char made[SIGNATURE_MAX];
    size_t n = sizeof(made);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return fail(ERR_NO_MEMORY, "jws");
    }
    int done = sign_template != NULL ? EVP_MD_CTX_copy_ex(ctx, sign_template)
               : alg == ALG_EDDSA    ? EVP_DigestSignInit(ctx, NULL, NULL, NULL, key)
                                     : 0;
    if (done == 1) {
        done = EVP_DigestSign(ctx, made, &n, (const unsigned char *)bytes.p, bytes.n);
    }
    EVP_MD_CTX_free(ctx);
    if (done != 1) {
        return fail(jose_failure(ERR_CRYPTO), "jws: %s could not sign", alg_name(alg));
    }
    if (alg != ALG_ES256) {
        *out = str_dup(a, str_of(made, n));
        return OK;
    }
    uint8_t *raw = arena_alloc(a, ES256_SIZE);
    TRY(es256_from_der(str_of(made, n), raw));
    *out = str_of(raw, ES256_SIZE);
    return OK;
}

/* What needs no escape in a JSON string. */
static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '"' || s.p[i] == '\\') {
            return false;
        }
    }
    return true;
}

static enum err sign_parts(struct arena *a, enum alg alg, EVP_PKEY *key,
                           const EVP_MD_CTX *sign_template, struct str header, struct str payload,
                           struct str *out)
{
    struct buf token = buf_in(a);
    buf_b64(&token, header);
    buf_byte(&token, '.');
    buf_b64(&token, payload);
    struct str signature;
    TRY(jws_signature(a, alg, key, sign_template, buf_str(&token), &signature));
    buf_byte(&token, '.');
    buf_b64(&token, signature);
    *out = buf_str(&token);
    return OK;
}

static enum err begin_header(struct buf *header, enum alg alg, const char *typ)
{
    if (alg <= ALG_UNSET || alg >= ALG_END || !is_plain(str_from(typ))) {
        return fail(ERR_INTERNAL, "jws: header that can't be written");
    }
    buf_addz(header, "{\"alg\":\"");
    buf_addz(header, alg_name(alg));
    buf_addz(header, "\",\"typ\":\"");
    buf_addz(header, typ);
    return OK;
}

enum err jws_sign(struct arena *a, enum alg alg, EVP_PKEY *key, const EVP_MD_CTX *sign_template,
                  struct str kid, const char *typ, struct str payload, struct str *out)
{
    struct buf header = buf_in(a);
    if (!is_plain(kid) || kid.n > JWK_KID_MAX) {
        return fail(ERR_INTERNAL, "jws: header that can't be written");
    }
    TRY(begin_header(&header, alg, typ));
    if (kid.n > 0) {
        buf_addz(&header, "\",\"kid\":\"");
        buf_add(&header, kid);
    }
    buf_addz(&header, "\"}");
    return sign_parts(a, alg, key, sign_template, buf_str(&header), payload, out);
}

enum err jws_sign_with_jwk(struct arena *a, enum alg alg, EVP_PKEY *key,
                           const EVP_MD_CTX *sign_template, struct str jwk, const char *typ,
                           struct str payload, struct str *out)
{
    struct buf header = buf_in(a);
    TRY(begin_header(&header, alg, typ));
    buf_addz(&header, "\",\"jwk\":");
    buf_add(&header, jwk);
    buf_byte(&header, '}');
    return sign_parts(a, alg, key, sign_template, buf_str(&header), payload, out);
}
