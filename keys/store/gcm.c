/* AES-256-GCM over whole buffers; see gcm.h.  One context is kept, because making one costs more
 * than sealing forty bytes. */
#include "keystore/gcm.h"

#include <endian.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/ct.h"
#include "base/rand.h"

/* NULL when libcrypto has no memory. */
static EVP_CIPHER_CTX *context_new(const uint8_t *key)
{
    EVP_CIPHER_CTX *fresh = EVP_CIPHER_CTX_new();
    EVP_CIPHER *gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    bool good =
        fresh != NULL && gcm != NULL && EVP_CipherInit_ex2(fresh, gcm, key, NULL, 1, NULL) == 1;
    EVP_CIPHER_free(gcm);
    if (!good) {
        EVP_CIPHER_CTX_free(fresh);
        return NULL;
    }
    return fresh;
}

static EVP_CIPHER_CTX *context(void)
{
    static EVP_CIPHER_CTX *kept;
    if (kept == NULL) {
        kept = context_new(NULL);
    }
    return kept;
}

/* The key schedule must not outlive the call. */
static void forget(EVP_CIPHER_CTX *c)
{
    static const uint8_t zeros[GCM_KEY];
    ERR_clear_error();
    (void)EVP_CipherInit_ex2(c, NULL, zeros, zeros, 1, NULL);
}

/* key: NULL when the context has it already.  The nonce stands at out. */
static bool seal(EVP_CIPHER_CTX *c, const uint8_t *key, struct str aad, struct str plain,
                 uint8_t *out)
{
    uint8_t *text = out + GCM_NONCE;
    int n;
    return EVP_CipherInit_ex2(c, NULL, key, out, 1, NULL) == 1 &&
           (aad.n == 0 || EVP_CipherUpdate(c, NULL, &n, (const uint8_t *)aad.p, (int)aad.n) == 1) &&
           (plain.n == 0 ||
            EVP_CipherUpdate(c, text, &n, (const uint8_t *)plain.p, (int)plain.n) == 1) &&
           EVP_CipherFinal_ex(c, text + plain.n, &n) == 1 &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, GCM_TAG, text + plain.n) == 1;
}

enum err gcm_seal(const uint8_t key[GCM_KEY], struct str aad, struct str plain, uint8_t *out)
{
    EVP_CIPHER_CTX *c = context();
    if (c == NULL) {
        return fail(ERR_CRYPTO, "gcm: no context");
    }
    if (aad.n > INT_MAX || plain.n > INT_MAX) {
        return fail(ERR_LIMIT, "gcm: %zu bytes", plain.n);
    }
    rand_bytes(out, GCM_NONCE);
    bool good = seal(c, key, aad, plain, out);
    forget(c);
    return good ? OK : fail(ERR_CRYPTO, "gcm: sealing failed");
}

struct gcm_sender {
    EVP_CIPHER_CTX *context;
    uint64_t sealed; /* with this key */
};

enum err gcm_sender_new(const uint8_t key[GCM_KEY], struct gcm_sender **out)
{
    struct gcm_sender *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return fail(ERR_NO_MEMORY, "gcm: no memory");
    }
    s->context = context_new(key);
    if (s->context == NULL) {
        free(s);
        return fail(ERR_CRYPTO, "gcm: no context");
    }
    *out = s;
    return OK;
}

void gcm_sender_free(struct gcm_sender **s)
{
    if (*s != NULL) {
        EVP_CIPHER_CTX_free((*s)->context); /* wipes the key schedule */
        free(*s);
        *s = NULL;
    }
}

enum err gcm_sender_seal(struct gcm_sender *s, struct str aad, struct str plain, uint8_t *out)
{
    if (aad.n > INT_MAX || plain.n > INT_MAX) {
        return fail(ERR_LIMIT, "gcm: %zu bytes", plain.n);
    }
    uint64_t number = htobe64(++s->sealed);
    memset(out, 0, GCM_NONCE);
    memcpy(out + GCM_NONCE - sizeof number, &number, sizeof number);
    if (!seal(s->context, NULL, aad, plain, out)) {
        ERR_clear_error();
        return fail(ERR_CRYPTO, "gcm: sealing failed");
    }
    return OK;
}

enum err gcm_open(const uint8_t key[GCM_KEY], struct str aad, struct str sealed, uint8_t *out)
{
    EVP_CIPHER_CTX *c = context();
    if (c == NULL) {
        return fail(ERR_CRYPTO, "gcm: no context");
    }
    if (sealed.n < GCM_OVERHEAD || sealed.n > INT_MAX || aad.n > INT_MAX) {
        return fail(ERR_INPUT, "gcm: %zu bytes are no sealed thing", sealed.n);
    }
    const uint8_t *nonce = (const uint8_t *)sealed.p;
    const uint8_t *text = nonce + GCM_NONCE;
    size_t size = sealed.n - GCM_OVERHEAD;
    uint8_t none[1];
    uint8_t *to = size > 0 ? out : none;
    int n;
    bool able =
        EVP_CipherInit_ex2(c, NULL, key, nonce, 0, NULL) == 1 &&
        (aad.n == 0 || EVP_CipherUpdate(c, NULL, &n, (const uint8_t *)aad.p, (int)aad.n) == 1) &&
        (size == 0 || EVP_CipherUpdate(c, to, &n, text, (int)size) == 1) &&
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, GCM_TAG, (void *)(uintptr_t)(text + size)) ==
            1;
    bool good = able && EVP_CipherFinal_ex(c, none, &n) == 1; /* judges */
    forget(c);
    if (!good) {
        ct_wipe(out, size);
    }
    if (!able) {
        return fail(ERR_CRYPTO, "gcm: opening failed");
    }
    if (!good) {
        return fail(ERR_DENIED, "gcm: changed, misplaced or under another key");
    }
    return OK;
}
