/* Reading JWKs: what a key claims to be decides how its parameters are judged. */
#include "jose/jwk.h"
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>
#include "base/b64.h"
#include "base/json.h"
#include "jose/failure.h"

#define COORDINATE 32
#define RSA_BYTES_MAX (RSA_BITS_MAX / 8)
#define RSA_E_BYTES_MAX 4

/* Members that only private or symmetric keys have (RFC 7518 sections 6.2.2, 6.3.2, 6.4). */
static const char *const private_members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

/* spec: RFC 8725 §3.4 MUST validate that a point is on the curve */
static enum err key_from_params(const char *type, OSSL_PARAM *params, EVP_PKEY **out)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *check = NULL;
    enum err e = ERR_INPUT;
    ERR_clear_error();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        e = fail(jose_failure(ERR_INPUT), "jwk: not a %s key", type);
        goto out;
    }
    /* For RSA this check is slow and depends on chance; read_rsa judges what matters itself. */
    check = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (check == NULL ||
        (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA && EVP_PKEY_public_check(check) != 1)) {
        e = fail(jose_failure(ERR_INPUT), "jwk: bad public %s key", type);
        goto out;
    }
    *out = key;
    key = NULL;
    e = OK;
out:
    EVP_PKEY_CTX_free(check);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    return e;
}

/* spec: RFC 7518 §6.2.1.2 MUST x and y of the full size of a coordinate */
static enum err read_ec(const json_t *object, EVP_PKEY **out)
{
    unsigned char point[1 + 2 * COORDINATE] = {0x04};
    char group[] = "P-256";
    enum err e = b64_decode_exact(json_member(object, "x"), point + 1, COORDINATE);
    if (e == OK) {
        e = b64_decode_exact(json_member(object, "y"), point + 1 + COORDINATE, COORDINATE);
    }
    if (e != OK) {
        return e;
    }
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
        OSSL_PARAM_construct_end(),
    };
    return key_from_params("EC", params, out);
}

/* Points of small order (sign bit cleared; with their non-canonical forms): signatures under them
 * say nothing, because one signature fits many messages. */
static bool is_small_order(const unsigned char x[COORDINATE])
{
    static const unsigned char small[][COORDINATE] = {
        {0},
        {1},
        {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
         0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
         0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
        {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
         0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
         0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    };
    unsigned char y[COORDINATE];
    memcpy(y, x, sizeof(y));
    y[COORDINATE - 1] &= 0x7f;
    for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
        if (memcmp(y, small[i], COORDINATE) == 0) {
            return true;
        }
    }
    /* 2^255-20 (which is -1), 2^255-19 (0 again), 2^255-18 (1 again) */
    for (size_t i = 1; i < COORDINATE - 1; i++) {
        if (y[i] != 0xff) {
            return false;
        }
    }
    return y[COORDINATE - 1] == 0x7f && y[0] >= 0xec && y[0] <= 0xee;
}

static enum err read_okp(const json_t *object, EVP_PKEY **out)
{
    unsigned char x[COORDINATE];
    enum err e = b64_decode_exact(json_member(object, "x"), x, sizeof(x));
    if (e != OK) {
        return e;
    }
    if (is_small_order(x)) {
        return fail(ERR_INPUT, "jwk: Ed25519 point of small order");
    }
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, x, sizeof(x)),
        OSSL_PARAM_construct_end(),
    };
    return key_from_params("ED25519", params, out);
}

/* spec: RFC 7518 §2 Base64urlUInt MUST use the minimum number of octets.  Gives the number in the
 * order of this machine, as OSSL_PARAM wants it. */
static enum err read_uint(const json_t *object, const char *name, unsigned char *out, size_t max,
                          size_t *n)
{
    struct str text = json_member(object, name);
    size_t size = text.n * 3 / 4;
    if (size == 0 || size > max) {
        return fail(ERR_INPUT, "jwk: %s of %zu bytes", name, size);
    }
    unsigned char big_endian[RSA_BYTES_MAX];
    enum err e = b64_decode_exact(text, big_endian, size);
    if (e != OK) {
        return e;
    }
    if (big_endian[0] == 0 || (big_endian[size - 1] & 1) == 0) {
        return fail(ERR_INPUT, "jwk: %s is even or has a leading zero", name);
    }
    BIGNUM *number = BN_bin2bn(big_endian, (int)size, NULL);
    if (number == NULL || BN_bn2nativepad(number, out, (int)size) < 0) {
        BN_free(number);
        return fail(ERR_NO_MEMORY, "jwk: %s", name);
    }
    BN_free(number);
    *n = size;
    return OK;
}

static enum err read_rsa(const json_t *object, EVP_PKEY **out)
{
    unsigned char n[RSA_BYTES_MAX];
    unsigned char exponent[RSA_E_BYTES_MAX];
    size_t n_size = 0;
    size_t exponent_size = 0;
    enum err e = read_uint(object, "n", n, sizeof(n), &n_size);
    if (e == OK) {
        e = read_uint(object, "e", exponent, sizeof(exponent), &exponent_size);
    }
    if (e != OK) {
        return e;
    }
    if (n_size < RSA_BITS_MIN / 8) {
        return fail(ERR_INPUT, "jwk: RSA key of %zu bits is too small", n_size * 8);
    }
    if (exponent_size == 1 && exponent[0] == 1) {
        return fail(ERR_INPUT, "jwk: RSA exponent of 1");
    }
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n, n_size),
        OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, exponent, exponent_size),
        OSSL_PARAM_construct_end(),
    };
    return key_from_params("RSA", params, out);
}

/* The algorithm a key is bound to, from what it says of itself.
 * spec: RFC 7517 §4.1 kty MUST be present */
static enum err choose_alg(const json_t *object, enum alg rsa_alg, enum alg *out)
{
    static const char unknown[] = "jwk: key type we don't use";
    struct str kty = json_member(object, "kty");
    struct str crv = json_member(object, "crv");
    enum alg by_type = ALG_UNSET;
    if (str_eqz(kty, "EC") && str_eqz(crv, "P-256")) {
        by_type = ALG_ES256;
    } else if (str_eqz(kty, "OKP") && str_eqz(crv, "Ed25519")) {
        by_type = ALG_EDDSA;
    } else if (!str_eqz(kty, "RSA")) {
        return fail(kty.p == NULL ? ERR_INPUT : ERR_NOT_FOUND, unknown);
    }
    enum alg named = by_type == ALG_UNSET ? rsa_alg : by_type;
    if (json_object_get(object, "alg") != NULL &&
        !alg_from_name(json_member(object, "alg"), &named)) {
        return fail(ERR_NOT_FOUND, "jwk: alg we don't use");
    }
    bool is_rsa = named == ALG_PS256 || named == ALG_RS256;
    if (by_type == ALG_UNSET ? !is_rsa : named != by_type) {
        return fail(ERR_NOT_FOUND, "jwk: alg does not fit the key");
    }
    *out = named;
    return OK;
}

/* spec: RFC 7517 §4.2, §4.3 keys for another use are not for signatures */
static bool is_for_verifying(const json_t *object)
{
    const json_t *use = json_object_get(object, "use");
    const json_t *ops = json_object_get(object, "key_ops");
    if (use != NULL && !str_eqz(json_member(object, "use"), "sig")) {
        return false;
    }
    if (ops == NULL) {
        return true;
    }
    for (size_t i = 0; i < json_array_size(ops); i++) {
        const json_t *op = json_array_get(ops, i);
        if (json_is_string(op) && strcmp(json_string_value(op), "verify") == 0) {
            return true;
        }
    }
    return false;
}

enum err jwk_new(EVP_PKEY *key, enum alg alg, struct str kid, struct jwk **out)
{
    if (kid.n > JWK_KID_MAX) {
        return fail(ERR_INPUT, "jwk: kid of %zu bytes", kid.n);
    }
    struct jwk *k = calloc(1, sizeof(*k));
    if (k == NULL) {
        return fail(ERR_NO_MEMORY, "jwk");
    }
    enum err e = alg_verify_template(alg, key, &k->verify);
    if (e != OK) {
        free(k);
        return e;
    }
    EVP_PKEY_up_ref(key);
    k->key = key;
    k->alg = alg;
    if (kid.n > 0) {
        memcpy(k->kid, kid.p, kid.n);
    }
    *out = k;
    return OK;
}

void jwk_free(struct jwk *k)
{
    if (k == NULL) {
        return;
    }
    EVP_MD_CTX_free(k->verify);
    EVP_PKEY_free(k->key);
    free(k);
}

enum err jwk_read(const json_t *object, enum alg rsa_alg, struct jwk **out)
{
    if (!json_is_object(object)) {
        return fail(ERR_INPUT, "jwk: not an object");
    }
    /* spec: RFC 7517 §9.2 private keys MUST be protected: none is read from others */
    for (size_t i = 0; i < sizeof(private_members) / sizeof(private_members[0]); i++) {
        if (json_object_get(object, private_members[i]) != NULL) {
            return fail(ERR_DENIED, "jwk: holds the private member \"%s\"", private_members[i]);
        }
    }
    if (!is_for_verifying(object)) {
        return fail(ERR_NOT_FOUND, "jwk: not for signatures");
    }
    enum alg alg = ALG_UNSET;
    enum err e = choose_alg(object, rsa_alg, &alg);
    if (e != OK) {
        return e;
    }
    EVP_PKEY *key = NULL;
    e = alg == ALG_ES256   ? read_ec(object, &key)
        : alg == ALG_EDDSA ? read_okp(object, &key)
                           : read_rsa(object, &key);
    if (e == OK) {
        e = jwk_new(key, alg, json_member(object, "kid"), out);
    }
    EVP_PKEY_free(key);
    return e;
}

enum err jwk_read_text(struct str text, enum alg rsa_alg, struct jwk **out)
{
    json_t *object = NULL;
    enum err e = json_read(text, JSON_SIZE_MAX, &object);
    if (e == OK) {
        e = jwk_read(object, rsa_alg, out);
    }
    json_decref(object);
    return e;
}
