/* Reading private keys somebody gives the handle: PEM and JWK.  Never asks for a passphrase; wipes
 * what it copied. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include "base/b64.h"
#include "base/ct.h"
#include "base/json.h"
#include "libeid/claims.h"
#include "libeid/own_key.h"

#define SECRET 32
#define NUMBER_MAX (RSA_BITS_MAX / 8)

/* A key under a passphrase is refused: a library that asks at the terminal would stop a daemon. */
static int no_passphrase(char *text, int size, int writing, void *arg)
{
    (void)text;
    (void)size;
    (void)writing;
    *(bool *)arg = true;
    return -1;
}

static enum alg alg_of(const EVP_PKEY *key)
{
    static const enum alg in_order[] = {ALG_ES256, ALG_EDDSA, ALG_PS256};
    for (size_t i = 0; i < sizeof(in_order) / sizeof(in_order[0]); i++) {
        if (alg_fits(in_order[i], key)) {
            return in_order[i];
        }
    }
    return ALG_UNSET;
}

/* Both halves belong together, or every signature would be refused far away from here. */
static bool belong_together(EVP_PKEY *key)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool good = ctx != NULL && EVP_PKEY_pairwise_check(ctx) == 1;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return good;
}

static enum err read_pem(struct str text, struct own_key **out)
{
    bool encrypted = false;
    BIO *in = BIO_new_mem_buf(text.p, (int)text.n);
    EVP_PKEY *key =
        in == NULL ? NULL : PEM_read_bio_PrivateKey(in, NULL, no_passphrase, &encrypted);
    BIO_free(in);
    ERR_clear_error();
    if (key == NULL) {
        return fail(ERR_INPUT, encrypted ? "key: is encrypted: give it without passphrase"
                                         : "key: PEM without a private key");
    }
    enum alg alg = alg_of(key);
    enum err e = alg == ALG_UNSET
                     ? fail(ERR_INPUT, "key: not P-256, Ed25519 or RSA of 2048 to 4096 bits")
                 : belong_together(key)
                     ? own_key_new(key, alg, STR_NONE, out)
                     : fail(ERR_INPUT, "key: the private part does not belong to the public one");
    EVP_PKEY_free(key);
    return e;
}

static const char *const secret_members[] = {"d", "p", "q", "dp", "dq", "qi"};
#define SECRETS (sizeof(secret_members) / sizeof(secret_members[0]))

/* The public half, judged as any foreign key is. */
static enum err public_half(const json_t *object, struct jwk **out)
{
    json_t *copy = json_object();
    if (copy == NULL || !claims_fill(copy, object)) {
        json_decref(copy);
        return fail(ERR_NO_MEMORY, "key");
    }
    for (size_t i = 0; i < SECRETS; i++) {
        (void)json_object_del(copy, secret_members[i]);
    }
    (void)json_object_del(copy, "key_ops"); /* "sign", where a public half says "verify" */
    enum err e = jwk_read(copy, ALG_PS256, out);
    json_decref(copy);
    return e;
}

/* A base64url number, in this machine's order, as libcrypto wants it. */
static bool number(const json_t *object, const char *name, unsigned char *out, size_t *n)
{
    unsigned char big_endian[NUMBER_MAX];
    struct str text = json_member(object, name);
    size_t size = text.n * 3 / 4;
    if (size == 0 || size > NUMBER_MAX || b64_decode_exact(text, big_endian, size) != OK) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        out[i] = big_endian[size - 1 - i];
    }
    ct_wipe(big_endian, sizeof(big_endian));
    *n = size;
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "numbers are given to libcrypto in little endian order"
#endif
    return true;
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static EVP_PKEY *ec_key(const json_t *object)
{
    unsigned char point[1 + 2 * SECRET] = {0x04};
    unsigned char d[NUMBER_MAX];
    char group[] = "P-256";
    size_t n = 0;
    EVP_PKEY *key = NULL;
    if (b64_decode_exact(json_member(object, "x"), point + 1, SECRET) == OK &&
        b64_decode_exact(json_member(object, "y"), point + 1 + SECRET, SECRET) == OK &&
        number(object, "d", d, &n) && n == SECRET) {
        OSSL_PARAM params[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
            OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
            OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, d, SECRET),
            OSSL_PARAM_construct_end(),
        };
        key = from_params("EC", params);
    }
    ct_wipe(d, sizeof(d));
    return key;
}

static EVP_PKEY *ed_key(const json_t *object)
{
    unsigned char d[SECRET];
    EVP_PKEY *key = NULL;
    if (b64_decode_exact(json_member(object, "d"), d, SECRET) == OK) {
        key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, d, SECRET);
    }
    ct_wipe(d, sizeof(d));
    return key;
}

static EVP_PKEY *rsa_key(const json_t *object)
{
    static const struct {
        const char *member;
        const char *param;
    } parts[] = {
        {"n", OSSL_PKEY_PARAM_RSA_N},          {"e", OSSL_PKEY_PARAM_RSA_E},
        {"d", OSSL_PKEY_PARAM_RSA_D},          {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
        {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},    {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
        {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2}, {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
    };
    enum { PARTS = sizeof(parts) / sizeof(parts[0]) };
    unsigned char bytes[PARTS][NUMBER_MAX];
    OSSL_PARAM params[PARTS + 1];
    size_t read = 0;
    for (; read < PARTS; read++) {
        size_t n = 0;
        if (!number(object, parts[read].member, bytes[read], &n)) {
            break;
        }
        params[read] = OSSL_PARAM_construct_BN(parts[read].param, bytes[read], n);
    }
    params[read] = OSSL_PARAM_construct_end();
    EVP_PKEY *key = read == PARTS ? from_params("RSA", params) : NULL;
    ct_wipe(bytes, sizeof(bytes));
    return key;
}

static enum err read_object(const json_t *object, struct own_key **out)
{
    struct jwk *half = NULL;
    EVP_PKEY *key = NULL;
    enum err e = fail(ERR_INPUT, "key: a JWK without its private part");
    if (json_member(object, "d").p == NULL) {
        goto out;
    }
    e = public_half(object, &half);
    if (e != OK) {
        goto out;
    }
    struct str kty = json_member(object, "kty");
    key = str_eqz(kty, "EC")    ? ec_key(object)
          : str_eqz(kty, "OKP") ? ed_key(object)
                                : rsa_key(object);
    if (key == NULL || EVP_PKEY_eq(key, half->key) != 1 || !belong_together(key)) {
        e = fail(ERR_INPUT, "key: the private part does not belong to the public one");
        goto out;
    }
    e = own_key_new(key, half->alg, str_from(half->kid), out);
out:
    ERR_clear_error();
    EVP_PKEY_free(key);
    jwk_free(half);
    return e;
}

static enum err read_jwk(struct str text, struct own_key **out)
{
    json_t *object = NULL;
    if (json_read(text, KEY_TEXT_MAX, &object) != OK) {
        return fail(ERR_INPUT, "key: neither PEM nor JSON");
    }
    enum err e = read_object(object, out);
    for (size_t i = 0; i < SECRETS; i++) {
        struct str member = json_member(object, secret_members[i]);
        ct_wipe((char *)(uintptr_t)member.p, member.n);
    }
    json_decref(object);
    return e;
}

enum err own_key_read(struct str text, struct own_key **out)
{
    while (text.n > 0 &&
           (text.p[0] == ' ' || text.p[0] == '\n' || text.p[0] == '\r' || text.p[0] == '\t')) {
        text = str_of(text.p + 1, text.n - 1);
    }
    if (text.n == 0 || text.n > KEY_TEXT_MAX) {
        return fail(ERR_INPUT, "key: no text, or far too much of it");
    }
    return text.p[0] == '{' ? read_jwk(text, out) : read_pem(text, out);
}
