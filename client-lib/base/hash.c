/* One-shot digests over libcrypto.  A digest that fails is a broken libcrypto: bug(). */
#include "base/hash.h"
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include "base/ct.h"
#include "base/err.h"

struct sha256 sha256(struct str bytes)
{
    struct sha256 h;
    if (EVP_Digest(bytes.p, bytes.n, h.b, NULL, EVP_sha256(), NULL) != 1) {
        bug("sha256 failed");
    }
    return h;
}

struct sha256 hmac_sha256(const void *key, size_t key_size, struct str bytes)
{
    struct sha256 h;
    unsigned n = 0;
    const void *k = key == NULL ? "" : key;
    if (key_size > INT_MAX ||
        HMAC(EVP_sha256(), k, (int)key_size, (const unsigned char *)bytes.p, bytes.n, h.b, &n) ==
            NULL ||
        n != SHA256_SIZE) {
        bug("hmac failed");
    }
    return h;
}

void hkdf_sha256(const void *key, size_t key_size, struct str info, void *out, size_t n)
{
    static const unsigned char empty_salt[SHA256_SIZE];
    unsigned char input[SHA256_SIZE + 512 + 1];
    if (n > 255 * SHA256_SIZE || info.n > 512) {
        bug("hkdf: %zu bytes for %zu bytes of info", n, info.n);
    }
    struct sha256 prk = hmac_sha256(empty_salt, sizeof(empty_salt), str_of(key, key_size));
    struct sha256 t = {{0}};
    size_t t_size = 0;
    unsigned char *at = out;
    for (unsigned char counter = 1; n > 0; counter++) {
        size_t size = 0;
        memcpy(input, t.b, t_size);
        size += t_size;
        if (info.n > 0) {
            memcpy(input + size, info.p, info.n);
            size += info.n;
        }
        input[size++] = counter;
        t = hmac_sha256(prk.b, sizeof(prk.b), str_of(input, size));
        t_size = sizeof(t.b);
        size_t take = n < t_size ? n : t_size;
        memcpy(at, t.b, take);
        at += take;
        n -= take;
    }
    ct_wipe(input, sizeof(input));
    ct_wipe(&prk, sizeof(prk));
    ct_wipe(&t, sizeof(t));
}

struct str sha256_str(const struct sha256 *h)
{
    return str_of(h->b, sizeof(h->b));
}
