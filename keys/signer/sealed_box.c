/* Sealed boxes; see sealed_box.h. */
#include "signer/sealed_box.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/ct.h"
#include "base/hash.h"
#include "keystore/gcm.h"
#include "keystore/key.h"

#define BOX_VERSION 1
#define POINT 32
#define HEAD (1 + POINT)
#define EPHEMERAL_LIFETIME_S 3600
#define ADDRESS_MAX ((size_t)512)
#define BOX_INFO "authd address v1"

struct box_sender {
    uint8_t to[POINT];
    uint8_t ephemeral[POINT]; /* public */
    struct gcm_sender *key;   /* NULL before the first box */
    int64_t made_at;
};

/* X25519 and HKDF.  own: the private key of this side; ephemeral and to: the public keys, in box
 * order. */
static enum err agree(const struct secret *own, const uint8_t theirs[POINT],
                      const uint8_t ephemeral[POINT], const uint8_t to[POINT], uint8_t key[GCM_KEY])
{
    uint8_t shared[POINT];
    size_t n = sizeof shared;
    EVP_PKEY *mine =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret_bytes(own), secret_size(own));
    EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, theirs, POINT);
    EVP_PKEY_CTX *c = mine == NULL ? NULL : EVP_PKEY_CTX_new(mine, NULL);
    /* libcrypto refuses all-zero results, as RFC 7748 §6.1 allows */
    bool good = c != NULL && peer != NULL && EVP_PKEY_derive_init(c) == 1 &&
                EVP_PKEY_derive_set_peer(c, peer) == 1 && EVP_PKEY_derive(c, shared, &n) == 1 &&
                n == POINT;
    if (good) {
        uint8_t info[sizeof BOX_INFO - 1 + 2 * POINT];
        memcpy(info, BOX_INFO, sizeof BOX_INFO - 1);
        memcpy(info + sizeof BOX_INFO - 1, ephemeral, POINT);
        memcpy(info + sizeof BOX_INFO - 1 + POINT, to, POINT);
        hkdf_sha256(shared, sizeof shared, str_of(info, sizeof info), key, GCM_KEY);
    }
    ct_wipe(shared, sizeof shared);
    EVP_PKEY_CTX_free(c);
    EVP_PKEY_free(mine);
    EVP_PKEY_free(peer);
    ERR_clear_error();
    return good ? OK : fail(ERR_DENIED, "sealed box: no agreement with this key");
}

enum err box_sender_new(struct str audit_public, struct box_sender **out)
{
    if (audit_public.n != POINT) {
        return fail(ERR_INPUT, "sealed box: a public key of %zu bytes", audit_public.n);
    }
    struct box_sender *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return fail(ERR_NO_MEMORY, "sealed box: no memory");
    }
    memcpy(s->to, audit_public.p, POINT);
    *out = s;
    return OK;
}

void box_sender_free(struct box_sender **s)
{
    if (*s != NULL) {
        gcm_sender_free(&(*s)->key);
        free(*s);
        *s = NULL;
    }
}

static enum err renew(struct box_sender *s, int64_t now)
{
    struct secret *private_key = NULL;
    struct gcm_sender *fresh = NULL;
    uint8_t key[GCM_KEY], ephemeral[POINT];
    enum err e = x25519_generate(&private_key);
    if (e == OK) {
        e = x25519_public(private_key, ephemeral);
    }
    if (e == OK) {
        e = agree(private_key, s->to, ephemeral, s->to, key);
    }
    if (e == OK) {
        e = gcm_sender_new(key, &fresh);
        ct_wipe(key, sizeof key);
    }
    if (e == OK) {
        gcm_sender_free(&s->key);
        s->key = fresh;
        memcpy(s->ephemeral, ephemeral, POINT);
        s->made_at = now;
    }
    secret_free(&private_key);
    return e;
}

enum err box_seal(struct arena *a, struct box_sender *s, int64_t now, struct str plain,
                  struct str *out)
{
    if (plain.n > ADDRESS_MAX) {
        return fail(ERR_LIMIT, "sealed box: %zu bytes", plain.n);
    }
    if (s->key == NULL || now < s->made_at || now - s->made_at >= EPHEMERAL_LIFETIME_S) {
        TRY(renew(s, now));
    }
    uint8_t *box = arena_alloc(a, SEALED_BOX_OVERHEAD + plain.n);
    box[0] = BOX_VERSION;
    memcpy(box + 1, s->ephemeral, POINT);
    TRY(gcm_sender_seal(s->key, str_of(box, HEAD), plain, box + HEAD));
    *out = str_of(box, SEALED_BOX_OVERHEAD + plain.n);
    return OK;
}

enum err box_open(struct arena *a, const struct secret *audit_private, struct str sealed,
                  struct str *out)
{
    uint8_t to[POINT], key[GCM_KEY];
    if (sealed.n < SEALED_BOX_OVERHEAD || sealed.n > SEALED_BOX_OVERHEAD + ADDRESS_MAX ||
        sealed.p[0] != BOX_VERSION) {
        return fail(ERR_INPUT, "sealed box: not one of ours");
    }
    const uint8_t *ephemeral = (const uint8_t *)sealed.p + 1;
    TRY(x25519_public(audit_private, to));
    TRY(agree(audit_private, ephemeral, ephemeral, to, key));
    size_t n = sealed.n - SEALED_BOX_OVERHEAD;
    uint8_t *plain = arena_alloc(a, n);
    enum err e =
        gcm_open(key, str_of(sealed.p, HEAD), str_of(sealed.p + HEAD, sealed.n - HEAD), plain);
    ct_wipe(key, sizeof key);
    TRY(e);
    *out = str_of(plain, n);
    return OK;
}
