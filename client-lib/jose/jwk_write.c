/* Writing public keys as JWKs, and their thumbprints.  Reads public parameters only, so that
 * nothing private can slip out of a private key given by mistake. */
#include "jose/jwk.h"
#include <openssl/core_names.h>
#include "base/arena.h"
#include "base/b64.h"
#include "base/json.h"
#include "jose/failure.h"

#define COORDINATE 32
#define RSA_BYTES_MAX (RSA_BITS_MAX / 8)
#define THUMBPRINT_INPUT_MAX (RSA_BYTES_MAX * 2)

static bool set_b64(json_t *object, const char *name, const unsigned char *bytes, size_t n)
{
    char text[B64_SIZE(RSA_BYTES_MAX)];
    return json_object_set_new(object, name, json_stringn(text, b64_encode(bytes, n, text))) == 0;
}

static bool set_number(json_t *object, const char *name, const EVP_PKEY *key, const char *param,
                       int pad_to)
{
    unsigned char bytes[RSA_BYTES_MAX];
    BIGNUM *number = NULL;
    if (EVP_PKEY_get_bn_param(key, param, &number) != 1) {
        return false;
    }
    int n = pad_to > 0 ? pad_to : BN_num_bytes(number);
    bool done = n <= RSA_BYTES_MAX && BN_bn2binpad(number, bytes, n) == n &&
                set_b64(object, name, bytes, (size_t)n);
    BN_free(number);
    return done;
}

static bool set_text(json_t *object, const char *name, const char *text)
{
    return json_object_set_new(object, name, json_string(text)) == 0;
}

/* The required members in lexicographic order, as the thumbprint needs them. */
static bool set_required(json_t *object, const EVP_PKEY *key)
{
    if (alg_fits(ALG_ES256, key)) {
        return set_text(object, "crv", "P-256") && set_text(object, "kty", "EC") &&
               set_number(object, "x", key, OSSL_PKEY_PARAM_EC_PUB_X, COORDINATE) &&
               set_number(object, "y", key, OSSL_PKEY_PARAM_EC_PUB_Y, COORDINATE);
    }
    if (alg_fits(ALG_EDDSA, key)) {
        unsigned char x[COORDINATE];
        size_t n = sizeof(x);
        return set_text(object, "crv", "Ed25519") && set_text(object, "kty", "OKP") &&
               EVP_PKEY_get_raw_public_key(key, x, &n) == 1 && set_b64(object, "x", x, n);
    }
    if (alg_fits(ALG_RS256, key)) {
        return set_number(object, "e", key, OSSL_PKEY_PARAM_RSA_E, 0) &&
               set_text(object, "kty", "RSA") &&
               set_number(object, "n", key, OSSL_PKEY_PARAM_RSA_N, 0);
    }
    return false;
}

/* A key of a kind we know can be written unless memory ends. */
static enum err why_not(const EVP_PKEY *key)
{
    bool known = alg_fits(ALG_ES256, key) || alg_fits(ALG_EDDSA, key) || alg_fits(ALG_RS256, key);
    return jose_failure(ERR_CRYPTO) == ERR_NO_MEMORY || known ? ERR_NO_MEMORY : ERR_CRYPTO;
}

enum err jwk_write(const EVP_PKEY *key, enum alg alg, struct str kid, json_t **out)
{
    json_t *object = json_object();
    bool done = object != NULL && set_required(object, key) && set_text(object, "use", "sig") &&
                (alg == ALG_UNSET || set_text(object, "alg", alg_name(alg))) &&
                (kid.n == 0 || json_object_set_new(object, "kid", json_str(kid)) == 0);
    if (!done) {
        json_decref(object);
        return fail(why_not(key), "jwk: this key can't be written");
    }
    *out = object;
    return OK;
}

/* spec: RFC 7638 §3 required members only, in lexicographic order, without white space */
enum err jwk_thumbprint(const EVP_PKEY *key, struct sha256 *out)
{
    json_t *object = json_object();
    char text[THUMBPRINT_INPUT_MAX];
    size_t n = 0;
    if (object != NULL && set_required(object, key)) {
        n = json_dumpb(object, text, sizeof(text), JSON_COMPACT | JSON_SORT_KEYS);
    }
    json_decref(object);
    if (n == 0 || n > sizeof(text)) {
        return fail(why_not(key), "jwk: no thumbprint of this key");
    }
    return sha256_try(str_of(text, n), out);
}

enum err jwk_thumbprint_text(struct arena *a, const EVP_PKEY *key, struct str *out)
{
    struct sha256 h;
    enum err e = jwk_thumbprint(key, &h);
    if (e == OK) {
        *out = b64_str(a, sha256_str(&h));
    }
    return e;
}
