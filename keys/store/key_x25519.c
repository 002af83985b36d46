/* X25519 (RFC 7748): the audit key, to which addresses are sealed. */
#include "keystore/key.h"

#include <openssl/err.h>

#include "base/b64.h"
#include "base/ct.h"
#include "base/hash.h"

#define X25519_SIZE 32

enum err x25519_generate(struct secret **private_key)
{
    uint8_t raw[X25519_SIZE];
    size_t n = sizeof raw;
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    enum err e = OK;
    if (pkey == NULL || EVP_PKEY_get_raw_private_key(pkey, raw, &n) != 1 || n != sizeof raw) {
        e = fail(ERR_CRYPTO, "X25519: key generation failed");
    } else {
        e = secret_new(raw, sizeof raw, private_key);
    }
    ct_wipe(raw, sizeof raw);
    EVP_PKEY_free(pkey);
    return e;
}

enum err x25519_public(const struct secret *private_key, uint8_t out[32])
{
    size_t n = X25519_SIZE;
    EVP_PKEY *pkey =
        secret_size(private_key) == X25519_SIZE
            ? EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret_bytes(private_key), n)
            : NULL;
    bool good = pkey != NULL && EVP_PKEY_get_raw_public_key(pkey, out, &n) == 1 && n == X25519_SIZE;
    EVP_PKEY_free(pkey);
    return good ? OK : fail(ERR_INPUT, "X25519: not a key");
}

/* spec: RFC 8037 §2 */
enum err x25519_jwk(struct arena *a, const struct secret *private_key, struct str *kid,
                    struct str *jwk)
{
    uint8_t x[X25519_SIZE];
    enum err e = x25519_public(private_key, x);
    if (e != OK) {
        return e;
    }
    struct str xs = b64_str(a, str_of(x, sizeof x));
    struct str thumb =
        str_fmt(a, "{\"crv\":\"X25519\",\"kty\":\"OKP\",\"x\":\"%.*s\"}", STR_FMT(xs));
    struct sha256 h = sha256(thumb);
    *kid = str_of(b64_str(a, sha256_str(&h)).p, KEY_KID_SIZE);
    *jwk = str_fmt(a, "{\"kid\":\"%.*s\",\"use\":\"enc\",%.*s", STR_FMT(*kid), (int)thumb.n - 1,
                   thumb.p + 1);
    return OK;
}
