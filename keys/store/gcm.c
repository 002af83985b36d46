/* AES-256-GCM over whole buffers; see gcm.h.  One context is kept, because making one costs more
 * than sealing forty bytes. */
#include "keystore/gcm.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/ct.h"
#include "base/rand.h"

static EVP_CIPHER_CTX *context(void)
{
    static EVP_CIPHER_CTX *kept;
    if (kept == NULL) {
        EVP_CIPHER_CTX *fresh = EVP_CIPHER_CTX_new();
        EVP_CIPHER *gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
        if (fresh != NULL && gcm != NULL &&
            EVP_CipherInit_ex2(fresh, gcm, NULL, NULL, 1, NULL) == 1) {
            kept = fresh;
            fresh = NULL;
        }
        EVP_CIPHER_CTX_free(fresh);
        EVP_CIPHER_free(gcm);
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

enum err gcm_seal(const uint8_t key[GCM_KEY], struct str aad, struct str plain, uint8_t *out)
{
    EVP_CIPHER_CTX *c = context();
    if (c == NULL) {
        return fail(ERR_CRYPTO, "gcm: no context");
    }
    if (aad.n > INT_MAX || plain.n > INT_MAX) {
        return fail(ERR_LIMIT, "gcm: %zu bytes", plain.n);
    }
    uint8_t *nonce = out;
    uint8_t *text = out + GCM_NONCE;
    int n;
    rand_bytes(nonce, GCM_NONCE);
    bool good =
        EVP_CipherInit_ex2(c, NULL, key, nonce, 1, NULL) == 1 &&
        (aad.n == 0 || EVP_CipherUpdate(c, NULL, &n, (const uint8_t *)aad.p, (int)aad.n) == 1) &&
        (plain.n == 0 ||
         EVP_CipherUpdate(c, text, &n, (const uint8_t *)plain.p, (int)plain.n) == 1) &&
        EVP_CipherFinal_ex(c, text + plain.n, &n) == 1 &&
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, GCM_TAG, text + plain.n) == 1;
    forget(c);
    return good ? OK : fail(ERR_CRYPTO, "gcm: sealing failed");
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
