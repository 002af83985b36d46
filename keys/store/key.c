/* Signing keys in memory: private key, a context prepared for copying, and the public part as
 * published. */
#include "keystore/key.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/b64.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/json.h"
#include "jose/failure.h"
#include "jose/jws.h"

struct sign_key {
    struct jwk *public;
    EVP_PKEY *pkey;
    EVP_MD_CTX *prepared; /* NULL for EdDSA */
    struct str jwk;       /* owned */
};

bool alg_is_slow(enum alg alg)
{
    return alg == ALG_PS256 || alg == ALG_RS256;
}

/* The published form, and the kid.
 * spec: RFC 7638 §3: SHA-256 over the required members; shortened, since a kid only has to be
 * unlike others. */
static enum err name_and_publish(struct sign_key *k, enum alg alg)
{
    json_t *json = NULL;
    struct arena *a = arena_new(0);
    if (a == NULL) {
        return fail(ERR_NO_MEMORY, "key: no memory");
    }
    struct str thumb, text;
    enum err e = jwk_thumbprint_text(a, k->pkey, &thumb);
    if (e != OK) {
        goto out;
    }
    struct str kid = str_of(thumb.p, KEY_KID_SIZE);
    e = jwk_new(k->pkey, alg, kid, &k->public);
    if (e != OK) {
        goto out;
    }
    e = jwk_write(k->pkey, alg, kid, &json);
    if (e != OK) {
        goto out;
    }
    text = json_text(a, json);
    char *copy = malloc(text.n);
    if (copy == NULL) {
        e = fail(ERR_NO_MEMORY, "key: no memory");
        goto out;
    }
    memcpy(copy, text.p, text.n);
    k->jwk = str_of(copy, text.n);
out:
    json_decref(json);
    arena_free(a);
    return e;
}

/* Takes over pkey, also when it fails. */
static enum err sign_key_of(enum alg alg, EVP_PKEY *pkey, struct sign_key **out)
{
    struct sign_key *k = calloc(1, sizeof *k);
    if (k == NULL) {
        EVP_PKEY_free(pkey);
        return fail(ERR_NO_MEMORY, "key: no memory");
    }
    k->pkey = pkey;
    enum err e = alg_sign_template(alg, pkey, &k->prepared);
    if (e != OK) {
        goto out;
    }
    e = name_and_publish(k, alg);
    if (e != OK) {
        goto out;
    }
    *out = k;
    k = NULL;
out:
    sign_key_free(&k);
    return e;
}

enum err sign_key_generate(enum alg alg, struct sign_key **out)
{
    EVP_PKEY *pkey = NULL;
    enum err e = alg_key_new(alg, KEY_RSA_BITS, &pkey);
    return e == OK ? sign_key_of(alg, pkey, out) : e;
}

enum err sign_key_read(enum alg alg, const struct secret *pkcs8, struct sign_key **out)
{
    const uint8_t *p = secret_bytes(pkcs8);
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)secret_size(pkcs8));
    EVP_PKEY *pkey = info == NULL ? NULL : EVP_PKCS82PKEY(info);
    PKCS8_PRIV_KEY_INFO_free(info);
    if (pkey == NULL) {
        return fail(jose_failure(ERR_INPUT), "key: not PKCS#8");
    }
    return sign_key_of(alg, pkey, out);
}

enum err sign_key_write(const struct sign_key *k, struct secret **pkcs8)
{
    enum err e = OK;
    uint8_t *der = NULL;
    int n = -1;
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(k->pkey);
    if (info != NULL) {
        n = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    }
    if (n <= 0) {
        ERR_clear_error();
        e = fail(ERR_CRYPTO, "key: can't be written as PKCS#8");
    } else {
        e = secret_new(der, (size_t)n, pkcs8);
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    OPENSSL_clear_free(der, n > 0 ? (size_t)n : 0);
    return e;
}

void sign_key_free(struct sign_key **k)
{
    if (*k != NULL) {
        jwk_free((*k)->public);
        EVP_MD_CTX_free((*k)->prepared);
        EVP_PKEY_free((*k)->pkey);
        free((void *)(uintptr_t)(*k)->jwk.p);
        free(*k);
        *k = NULL;
    }
}

const struct jwk *sign_key_public(const struct sign_key *k)
{
    return k->public;
}

struct str sign_key_jwk(const struct sign_key *k)
{
    return k->jwk;
}

enum err sign_key_sign(struct arena *a, const struct sign_key *k, struct str text, struct str *out)
{
    return jws_signature(a, k->public->alg, k->pkey, k->prepared, text, out);
}

struct str symmetric_kid(struct arena *a, struct str use, const struct secret *key)
{
    struct sha256 named = hmac_sha256(secret_bytes(key), secret_size(key), STR("authd kid v1"));
    struct buf b = buf_in(a);
    buf_add(&b, use);
    buf_byte(&b, '\0');
    buf_add(&b, sha256_str(&named));
    struct sha256 h = sha256(buf_str(&b));
    return str_of(b64_str(a, sha256_str(&h)).p, KEY_KID_SIZE);
}
