/* One-shot digests over libcrypto.  A digest that fails is a broken libcrypto: bug(). */
#include "base/hash.h"
#include <openssl/evp.h>
#include <stdatomic.h>
#include <string.h>
#include "base/ct.h"
#include "base/err.h"

#define BLOCK 64 /* bytes SHA-256 works on at a time */

/* Looked up once: libcrypto's own way from EVP_sha256() to an implementation costs more than a
 * short digest, and the look-up of HMAC more still.  Any thread may be the first; it lives as long
 * as the program. */
static const EVP_MD *sha256_implementation(void)
{
    static _Atomic(EVP_MD *) found;
    EVP_MD *now = atomic_load_explicit(&found, memory_order_acquire);
    if (now == NULL) {
        EVP_MD *none = NULL;
        now = EVP_MD_fetch(NULL, "SHA2-256", NULL);
        if (now != NULL && !atomic_compare_exchange_strong(&found, &none, now)) {
            EVP_MD_free(now);
            now = none;
        }
    }
    return now;
}

enum err sha256_try(struct str bytes, struct sha256 *out)
{
    struct sha256 h;
    if (EVP_Digest(bytes.p, bytes.n, h.b, NULL, sha256_implementation(), NULL) != 1) {
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

/* One of the two digests of HMAC: of the key with its padding, and what follows. */
static bool padded_digest(EVP_MD_CTX *ctx, const unsigned char key[BLOCK], unsigned char padding,
                          struct str bytes, struct sha256 *out)
{
    unsigned char block[BLOCK];
    for (size_t i = 0; i < BLOCK; i++) {
        block[i] = key[i] ^ padding;
    }
    bool done = EVP_DigestInit_ex2(ctx, sha256_implementation(), NULL) == 1 &&
                EVP_DigestUpdate(ctx, block, sizeof(block)) == 1 &&
                EVP_DigestUpdate(ctx, bytes.p, bytes.n) == 1 &&
                EVP_DigestFinal_ex(ctx, out->b, NULL) == 1;
    ct_wipe(block, sizeof(block));
    return done;
}

/* spec: RFC 2104 §2 H(K XOR opad, H(K XOR ipad, text)); keys longer than a block are hashed first
 */
static enum err hmac_try(const void *key, size_t key_size, struct str bytes, struct sha256 *out)
{
    unsigned char block[BLOCK] = {0};
    struct sha256 short_key, inner, h;
    if (key_size > BLOCK) {
        TRY(sha256_try(str_of(key, key_size), &short_key));
        memcpy(block, short_key.b, sizeof(short_key.b));
        ct_wipe(&short_key, sizeof(short_key));
    } else if (key_size > 0) {
        memcpy(block, key, key_size);
    }
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool done = ctx != NULL && padded_digest(ctx, block, 0x36, bytes, &inner) &&
                padded_digest(ctx, block, 0x5c, sha256_str(&inner), &h);
    EVP_MD_CTX_free(ctx);
    ct_wipe(block, sizeof(block));
    if (!done) {
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
