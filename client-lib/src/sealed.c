/* nonce[12] | ciphertext | tag[16], in base64url.  Nonces are random: 2^32 texts under one key keep
 * the chance of a repetition below 2^-32 (NIST SP 800-38D section 8.3). */
#include "libeid/sealed.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include "base/b64.h"
#include "jose/failure.h"

#define NONCE 12
#define TAG 16

/* Both ways; text must have room for in.n bytes.  tag is written when sealing, checked when
 * opening. */
static enum err gcm(bool seal, const unsigned char *key, struct str aad, const unsigned char *nonce,
                    struct str in, unsigned char *text, unsigned char *tag)
{
    int n = 0;
    ERR_clear_error();
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ready = ctx != NULL &&
                 EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce, seal) == 1 &&
                 (seal || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, tag) == 1) &&
                 EVP_CipherUpdate(ctx, NULL, &n, (const unsigned char *)aad.p, (int)aad.n) == 1 &&
                 EVP_CipherUpdate(ctx, text, &n, (const unsigned char *)in.p, (int)in.n) == 1;
    bool good = ready && EVP_CipherFinal_ex(ctx, text + n, &n) == 1 &&
                (!seal || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, tag) == 1);
    EVP_CIPHER_CTX_free(ctx);
    /* A wrong tag leaves the queue empty. */
    bool wrong = ready && !good && !seal && ERR_peek_error() == 0;
    return good ? OK : fail(wrong ? ERR_AUTH : jose_failure(ERR_CRYPTO), "aes-256-gcm");
}

size_t sealed_size(size_t n)
{
    return B64_SIZE(NONCE + n + TAG);
}

enum eid_code sealed_make(struct work *w, const struct eid_client *c, struct str label,
                          struct str text, struct str *out)
{
    size_t size = NONCE + text.n + TAG;
    unsigned char *p = arena_alloc(w->arena, size);
    work_random(w, p, NONCE);
    enum err e = gcm(true, c->sealing[0].key, label, p, text, p + NONCE, p + NONCE + text.n);
    if (e != OK) {
        return work_refuse(w, e, EID_INTERNAL, "libcrypto could not seal");
    }
    *out = b64_str(w->arena, str_of(p, size));
    return EID_OK;
}

/* A key that was replaced still opens what it sealed, for as long as the handle is given it. */
static enum err opens(const struct eid_client *c, struct str label, size_t generation,
                      struct str bytes, unsigned char *text)
{
    const struct sealing *s = &c->sealing[generation];
    size_t n = bytes.n - NONCE - TAG;
    unsigned char *p = (unsigned char *)(uintptr_t)bytes.p;
    if (s->dpop == NULL) {
        return fail(ERR_AUTH, "no such generation of the key");
    }
    return gcm(false, s->key, label, p, str_of(p + NONCE, n), text, p + NONCE + n);
}

enum eid_code sealed_open(struct work *w, const struct eid_client *c, struct str label,
                          struct str sealed, json_t **out, size_t *generation)
{
    static const char cure[] =
        "the sealed text was changed, belongs to another handle, or the farm's "
        "machines have different keys (eid_client_set_transaction_key)";
    struct str bytes;
    if (b64_decode(w->arena, sealed, &bytes) != OK || bytes.n < NONCE + TAG) {
        return work_fail(w, EID_TRANSACTION_FORGED, "%s", cure);
    }
    size_t n = bytes.n - NONCE - TAG;
    size_t i = 0;
    unsigned char *text = arena_alloc(w->arena, n + 1);
    enum err e = opens(c, label, i, bytes, text);
    while (e == ERR_AUTH && ++i < GENERATIONS) {
        e = opens(c, label, i, bytes, text);
    }
    e = e == OK ? json_read_in(w->arena, str_of(text, n), out) : e;
    if (e != OK) {
        return work_refuse(w, e, EID_TRANSACTION_FORGED, cure);
    }
    *generation = i;
    return EID_OK;
}
