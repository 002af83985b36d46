/* nonce[12] | ciphertext | tag[16], in base64url.  Nonces are random: 2^32 logins under one key
 * keep the chance of a repetition below 2^-32 (NIST SP 800-38D section 8.3). */
#include "libeid/transaction.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include "base/b64.h"
#include "base/clock.h"
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

static struct str bound_to(struct work *w, const struct eid_client *c)
{
    return str_fmt(w->arena, "eid login 1|%s|%s|%s", c->issuer, c->client_id, c->redirect_uri);
}

enum eid_code transaction_seal(struct work *w, const struct eid_client *c,
                               const struct transaction *t, struct str *out)
{
    if (!str_utf8(t->memo) || !str_utf8(t->required)) {
        return work_fail(w, EID_BAD_ARGUMENT, "memo or required claims are not UTF-8");
    }
    json_t *o = json_own(w->arena, json_object());
    int lost = json_object_set_new(o, "s", json_str(t->state)) |
               json_object_set_new(o, "n", json_str(t->nonce)) |
               json_object_set_new(o, "v", json_str(t->verifier)) |
               json_object_set_new(o, "t", json_integer(t->begun_at)) |
               json_object_set_new(o, "m", json_integer(t->max_age_s)) |
               json_object_set_new(o, "a", json_integer(t->account_level)) |
               json_object_set_new(o, "l", json_integer(t->authentication_level));
    if (t->required.p != NULL) {
        lost |= json_object_set_new(o, "r", json_str(t->required));
    }
    if (t->memo.p != NULL) {
        lost |= json_object_set_new(o, "o", json_str(t->memo));
    }
    if (lost != 0) {
        return EID_NO_MEMORY;
    }
    struct str text = json_text(w->arena, o);
    size_t size = NONCE + text.n + TAG;
    if (B64_SIZE(size) > TRANSACTION_MAX) {
        return work_fail(
            w, EID_BAD_ARGUMENT,
            "memo and required claims are too long for a cookie by %zu bytes: keep the "
            "memo elsewhere and its name in the transaction",
            (B64_SIZE(size) - TRANSACTION_MAX) * 3 / 4 + 1);
    }
    unsigned char *p = arena_alloc(w->arena, size);
    work_random(w, p, NONCE);
    enum err e =
        gcm(true, c->sealing[0].key, bound_to(w, c), p, text, p + NONCE, p + NONCE + text.n);
    if (e != OK) {
        return work_refuse(w, e, EID_INTERNAL, "libcrypto could not seal");
    }
    *out = b64_str(w->arena, str_of(p, size));
    return EID_OK;
}

/* A key that was replaced still opens what it sealed, for as long as the handle is given it. */
static enum err opens(struct work *w, const struct eid_client *c, size_t generation,
                      struct str bytes, unsigned char *text)
{
    const struct sealing *s = &c->sealing[generation];
    size_t n = bytes.n - NONCE - TAG;
    unsigned char *p = (unsigned char *)(uintptr_t)bytes.p;
    if (s->dpop == NULL) {
        return fail(ERR_AUTH, "no such generation of the key");
    }
    return gcm(false, s->key, bound_to(w, c), p, str_of(p + NONCE, n), text, p + NONCE + n);
}

enum eid_code transaction_open(struct work *w, const struct eid_client *c, struct str sealed,
                               struct transaction *out)
{
    static const char cure[] =
        "the transaction was changed, belongs to another handle, or the farm's "
        "machines have different keys (eid_client_set_transaction_key)";
    struct str bytes;
    if (sealed.n > TRANSACTION_MAX || b64_decode(w->arena, sealed, &bytes) != OK ||
        bytes.n < NONCE + TAG) {
        return work_fail(w, EID_TRANSACTION_FORGED, "%s", cure);
    }
    size_t n = bytes.n - NONCE - TAG;
    unsigned char *text = arena_alloc(w->arena, n + 1);
    json_t *o = NULL;
    size_t generation = 0;
    enum err e = opens(w, c, generation, bytes, text);
    while (e == ERR_AUTH && ++generation < GENERATIONS) {
        e = opens(w, c, generation, bytes, text);
    }
    e = e == OK ? json_read_in(w->arena, str_of(text, n), &o) : e;
    if (e != OK) {
        return work_refuse(w, e, EID_TRANSACTION_FORGED, cure);
    }
    struct transaction t = {.state = json_member(o, "s"),
                            .nonce = json_member(o, "n"),
                            .verifier = json_member(o, "v"),
                            .required = json_member(o, "r"),
                            .memo = json_member(o, "o"),
                            .generation = generation};
    bool whole = t.state.p != NULL && t.nonce.p != NULL && t.verifier.p != NULL &&
                 json_member_i64(o, "t", &t.begun_at) && json_member_i64(o, "m", &t.max_age_s) &&
                 json_member_i64(o, "a", &t.account_level) &&
                 json_member_i64(o, "l", &t.authentication_level);
    if (!whole) {
        return work_fail(w, EID_TRANSACTION_FORGED, "%s", cure);
    }
    int64_t now = clock_now_s();
    if (now > t.begun_at + c->login_lifetime_s || now < t.begun_at - c->skew_s) {
        return work_fail(w, EID_LOGIN_EXPIRED, "the login began %lld s ago: begin again",
                         (long long)(now - t.begun_at));
    }
    *out = t;
    return EID_OK;
}
