/* AES-256-SIV; see siv.h.  A context that has its key is copied for each use, because libcrypto's
 * takes one message only. */
#include "keystore/siv.h"

#include <limits.h>
#include <stdlib.h>
#include <openssl/err.h>
#include <openssl/evp.h>

struct siv {
    EVP_CIPHER_CTX *keyed;
};

enum err siv_new(const uint8_t key[SIV_KEY], struct siv **out)
{
    struct siv *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return fail(ERR_NO_MEMORY, "siv: no memory");
    }
    s->keyed = EVP_CIPHER_CTX_new();
    EVP_CIPHER *siv = EVP_CIPHER_fetch(NULL, "AES-256-SIV", NULL);
    bool good = s->keyed != NULL && siv != NULL &&
                EVP_EncryptInit_ex2(s->keyed, siv, key, NULL, NULL) == 1;
    EVP_CIPHER_free(siv);
    if (!good) {
        siv_free(&s);
        return fail(ERR_CRYPTO, "siv: no context");
    }
    *out = s;
    return OK;
}

void siv_free(struct siv **s)
{
    if (*s != NULL) {
        EVP_CIPHER_CTX_free((*s)->keyed);
        free(*s);
        *s = NULL;
    }
}

enum err siv_seal(const struct siv *s, struct str aad, struct str plain, uint8_t *out)
{
    if (aad.n == 0 || aad.n > INT_MAX || plain.n > INT_MAX) {
        return fail(ERR_INPUT, "siv: %zu bytes of associated data, %zu of text", aad.n, plain.n);
    }
    int n;
    ERR_clear_error();
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool good =
        c != NULL && EVP_CIPHER_CTX_copy(c, s->keyed) == 1 &&
        EVP_EncryptUpdate(c, NULL, &n, (const uint8_t *)aad.p, (int)aad.n) == 1 &&
        EVP_EncryptUpdate(c, out + SIV_TAG, &n, (const uint8_t *)plain.p, (int)plain.n) == 1 &&
        EVP_EncryptFinal_ex(c, out + SIV_TAG + plain.n, &n) == 1 &&
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, SIV_TAG, out) == 1;
    EVP_CIPHER_CTX_free(c);
    return good ? OK : fail(ERR_CRYPTO, "siv: sealing failed");
}
