/* See own_key.h: what all of them share, and the derived one. */
#include "libeid/own_key.h"
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>
#include "base/b64.h"
#include "base/ct.h"
#include "base/hash.h"
#include "base/json.h"
#include "jose/failure.h"

#define SCALAR 32
#define POINT 65

void own_key_free(struct own_key *k)
{
    if (k != NULL) {
        EVP_MD_CTX_free(k->sign);
        EVP_PKEY_free(k->key);
        free(k->jwk);
        free(k);
    }
}

/* The public half with the required members only (RFC 7638 section 3.2). */
static enum err write_public(struct own_key *k)
{
    json_t *object = NULL;
    enum err e = jwk_write(k->key, ALG_UNSET, STR_NONE, &object);
    if (e != OK) {
        return e;
    }
    (void)json_object_del(object, "use");
    size_t n = json_dumpb(object, NULL, 0, JSON_COMPACT | JSON_SORT_KEYS);
    k->jwk = n == 0 ? NULL : calloc(1, n + 1);
    bool written =
        k->jwk != NULL && json_dumpb(object, k->jwk, n, JSON_COMPACT | JSON_SORT_KEYS) == n;
    json_decref(object);
    return written ? OK : fail(ERR_NO_MEMORY, "key");
}

enum err own_key_new(EVP_PKEY *key, enum alg alg, struct str kid, struct own_key **out)
{
    enum err e = ERR_NO_MEMORY;
    struct sha256 thumbprint;
    if (kid.n > JWK_KID_MAX) {
        return fail(ERR_INPUT, "key: its kid is too long");
    }
    struct own_key *k = calloc(1, sizeof(*k));
    if (k == NULL) {
        fail(e, "key");
        goto out;
    }
    e = alg_sign_template(alg, key, &k->sign);
    if (e == OK) {
        e = jwk_thumbprint(key, &thumbprint);
    }
    if (e != OK || EVP_PKEY_up_ref(key) != 1) {
        goto out;
    }
    k->key = key;
    k->alg = alg;
    b64_encode(thumbprint.b, sizeof(thumbprint.b), k->thumbprint);
    if (kid.n > 0) {
        memcpy(k->kid, kid.p, kid.n);
    } else {
        memcpy(k->kid, k->thumbprint, sizeof(k->thumbprint));
    }
    e = write_public(k);
    if (e != OK) {
        goto out;
    }
    *out = k;
    k = NULL;
out:
    own_key_free(k);
    return e;
}

/* A number from 1 to the group's order less one: 128 bits more than it has keep the bias away (FIPS
 * 186-5 appendix A.2.1). */
static bool scalar(const EC_GROUP *group, const unsigned char *wide, size_t n, BIGNUM *d,
                   BN_CTX *ctx)
{
    BIGNUM *limit = BN_dup(EC_GROUP_get0_order(group));
    bool made = limit != NULL && BN_sub_word(limit, 1) == 1 && BN_bin2bn(wide, (int)n, d) != NULL &&
                BN_mod(d, d, limit, ctx) == 1 && BN_add_word(d, 1) == 1;
    BN_free(limit);
    return made;
}

static EVP_PKEY *p256_from(const unsigned char *wide, size_t n)
{
    unsigned char secret[SCALAR];
    unsigned char point[POINT];
    char name[] = "P-256";
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *q = group == NULL ? NULL : EC_POINT_new(group);
    BN_CTX *ctx = BN_CTX_secure_new();
    BIGNUM *d = BN_secure_new();
    if (make == NULL || q == NULL || ctx == NULL || d == NULL || !scalar(group, wide, n, d, ctx) ||
        EC_POINT_mul(group, q, d, NULL, NULL, ctx) != 1 ||
        EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED, point, POINT, ctx) != POINT ||
        BN_bn2nativepad(d, secret, SCALAR) != SCALAR) {
        goto out;
    }
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, POINT),
        OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, secret, SCALAR),
        OSSL_PARAM_construct_end(),
    };
    if (EVP_PKEY_fromdata_init(make) != 1 ||
        EVP_PKEY_fromdata(make, &key, EVP_PKEY_KEYPAIR, params) != 1) {
        key = NULL;
    }
out:
    ct_wipe(secret, sizeof(secret));
    BN_clear_free(d);
    BN_CTX_free(ctx);
    EC_POINT_free(q);
    EC_GROUP_free(group);
    EVP_PKEY_CTX_free(make);
    return key;
}

enum err own_key_derive(const unsigned char secret[32], struct str name, struct own_key **out)
{
    unsigned char wide[SCALAR + 16];
    ERR_clear_error();
    enum err e = hkdf_sha256_try(secret, 32, name, wide, sizeof(wide));
    EVP_PKEY *key = e == OK ? p256_from(wide, sizeof(wide)) : NULL;
    ct_wipe(wide, sizeof(wide));
    if (key == NULL) {
        return fail(jose_failure(ERR_CRYPTO), "key: could not be derived");
    }
    e = own_key_new(key, ALG_ES256, STR_NONE, out);
    EVP_PKEY_free(key);
    return e;
}
