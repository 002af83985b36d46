/* One-shot digests over libcrypto.  A digest that fails is a broken libcrypto: bug(). */
#include "base/hash.h"
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include "base/ct.h"
#include "base/err.h"

enum err sha256_try(struct str bytes, struct sha256 *out)
{
    struct sha256 h;
    if (EVP_Digest(bytes.p, bytes.n, h.b, NULL, EVP_sha256(), NULL) != 1) {
        return fail(ERR_CRYPTO, "sha256 failed");
    }
    *out = h;
    return OK;
}

struct sha256 sha256(struct str bytes)
{
    struct sha256 h;
    if (sha256_try(bytes, &h) != OK) {
        bug("sha256 failed");
    }
    return h;
}

static enum err hmac_try(const void *key, size_t key_size, struct str bytes, struct sha256 *out)
{
    struct sha256 h;
    unsigned n = 0;
    const void *k = key == NULL ? "" : key;
    if (key_size > INT_MAX ||
        HMAC(EVP_sha256(), k, (int)key_size, (const unsigned char *)bytes.p, bytes.n, h.b, &n) ==
            NULL ||
        n != SHA256_SIZE) {
        return fail(ERR_CRYPTO, "hmac failed");
    }
    *out = h;
    return OK;
}

struct sha256 hmac_sha256(const void *key, size_t key_size, struct str bytes)
{
    struct sha256 h;
    if (hmac_try(key, key_size, bytes, &h) != OK) {
        bug("hmac failed");
    }
    return h;
}

enum err hkdf_sha256_try(const void *key, size_t key_size, struct str info, void *out, size_t n)
{
    static const unsigned char empty_salt[SHA256_SIZE];
    unsigned char input[SHA256_SIZE + 512 + 1];
    if (n > 255 * SHA256_SIZE || info.n > 512) {
        bug("hkdf: %zu bytes for %zu bytes of info", n, info.n);
    }
    struct sha256 prk;
    enum err e = hmac_try(empty_salt, sizeof(empty_salt), str_of(key, key_size), &prk);
    struct sha256 t = {{0}};
    size_t t_size = 0;
    unsigned char *at = out;
    for (unsigned char counter = 1; e == OK && n > 0; counter++) {
        size_t size = 0;
        memcpy(input, t.b, t_size);
        size += t_size;
        if (info.n > 0) {
            memcpy(input + size, info.p, info.n);
            size += info.n;
        }
        input[size++] = counter;
        e = hmac_try(prk.b, sizeof(prk.b), str_of(input, size), &t);
        t_size = sizeof(t.b);
        size_t take = n < t_size ? n : t_size;
        memcpy(at, t.b, take);
        at += take;
        n -= take;
    }
    ct_wipe(input, sizeof(input));
    ct_wipe(&prk, sizeof(prk));
    ct_wipe(&t, sizeof(t));
    return e;
}

void hkdf_sha256(const void *key, size_t key_size, struct str info, void *out, size_t n)
{
    if (hkdf_sha256_try(key, key_size, info, out, n) != OK) {
        bug("hkdf failed");
    }
}

struct str sha256_str(const struct sha256 *h)
{
    return str_of(h->b, sizeof(h->b));
}
