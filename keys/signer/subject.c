/* Pairwise sub and sid; see subject.h. */
#include "signer/subject.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/b64.h"
#include "base/buf.h"

#define SIV_TAG 16

static const EVP_CIPHER *siv(void)
{
    static EVP_CIPHER *kept;
    if (kept == NULL) {
        kept = EVP_CIPHER_fetch(NULL, "AES-256-SIV", NULL);
    }
    return kept;
}

/* out: tag and ciphertext, as RFC 5297 orders them. */
static bool siv_encrypt(const uint8_t *key, struct str sector, const struct uuid *identity,
                        uint8_t out[SIV_TAG + UUID_SIZE])
{
    int n;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool good = c != NULL && siv() != NULL && sector.n <= INT_MAX &&
                EVP_EncryptInit_ex2(c, siv(), key, NULL, NULL) == 1 &&
                EVP_EncryptUpdate(c, NULL, &n, (const uint8_t *)sector.p, (int)sector.n) == 1 &&
                EVP_EncryptUpdate(c, out + SIV_TAG, &n, identity->b, UUID_SIZE) == 1 &&
                EVP_EncryptFinal_ex(c, out + SIV_TAG + UUID_SIZE, &n) == 1 &&
                EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, SIV_TAG, out) == 1;
    EVP_CIPHER_CTX_free(c);
    return good;
}

/* spec: OpenID Core §2:sub never reassigned: it is the identity's own name, encrypted; 43
 * characters */
enum err subject_text(struct arena *a, const struct held_keys *k, const struct uuid *identity,
                      struct str sector, struct str *out)
{
    uint8_t name[SIV_TAG + UUID_SIZE];
    if (!str_is(sector)) {
        return fail(ERR_INPUT, "subject: no sector");
    }
    ERR_clear_error();
    if (!siv_encrypt(secret_bytes(k->subject->secret), sector, identity, name)) {
        return fail(ERR_CRYPTO, "subject: AES-SIV failed");
    }
    *out = b64_str(a, str_of(name, sizeof name));
    return OK;
}

enum err pairwise_of(struct arena *a, const struct held_keys *k, const struct proof *p,
                     struct pairwise *out)
{
    struct pairwise names = {.sid = session_text(a, k, &p->session, p->client_id)};
    TRY(subject_text(a, k, &p->subject, p->sector, &names.sub));
    *out = names;
    return OK;
}

struct str session_text(struct arena *a, const struct held_keys *k, const struct uuid *session,
                        struct str client_id)
{
    struct buf b = buf_in(a);
    buf_add(&b, str_of(session->b, UUID_SIZE));
    buf_add(&b, client_id);
    struct sha256 h = hmac_sha256(secret_bytes(k->sid_key), secret_size(k->sid_key), buf_str(&b));
    return b64_str(a, str_of(h.b, 16));
}
