/* Keys as callers see them: texts in, texts out. */
#include <openssl/pem.h>
#include <string.h>
#include "base/ct.h"
#include "eid/key.h"
#include "libeid/options.h"
#include "libeid/own_key.h"

#define RSA_BITS 3072

/* Calls that need no handle have the frame all the same. */
static enum eid_code without_handle(work_fn *body, void *own, struct eid_error *err)
{
    return work_block(NULL, body, own, err);
}

struct key_making {
    const char *alg;
    char *text;
};

/* PKCS#8, in memory that is wiped. */
static enum eid_code write_pem(struct work *w, EVP_PKEY *key, char **out)
{
    BUF_MEM *text = NULL;
    BIO *b = BIO_new(BIO_s_secmem());
    if (b == NULL || PEM_write_bio_PKCS8PrivateKey(b, key, NULL, NULL, 0, NULL, NULL) != 1 ||
        BIO_get_mem_ptr(b, &text) != 1) {
        BIO_free(b);
        return work_fail(w, EID_INTERNAL, "libcrypto could not write the key");
    }
    *out = strndup(text->data, text->length);
    BIO_free(b);
    return *out == NULL ? EID_NO_MEMORY : EID_OK;
}

static enum eid_code make_key(struct work *w, struct eid_client *c, void *own)
{
    struct key_making *f = own;
    enum alg alg = ALG_ES256;
    EVP_PKEY *key = NULL;
    (void)c;
    if (f->alg != NULL && (!alg_from_name(str_from(f->alg), &alg) || alg == ALG_RS256)) {
        return work_fail(w, EID_BAD_ARGUMENT, "\"%.20s\" is not ES256, EdDSA or PS256", f->alg);
    }
    if (alg_key_new(alg, RSA_BITS, &key) != OK) {
        return work_fail(w, EID_INTERNAL, "%s", err_reason());
    }
    enum eid_code code = write_pem(w, key, &f->text);
    EVP_PKEY_free(key);
    return code;
}

enum eid_code eid_key_new(const char *alg, char **out, struct eid_error *err)
{
    struct key_making f = {.alg = alg};
    enum eid_code code = without_handle(make_key, &f, err);
    if (code == EID_OK) {
        *out = f.text;
    }
    return code;
}

static void free_key(void *arg)
{
    own_key_free(*(struct own_key **)arg);
}

static enum eid_code read_key(struct work *w, const char *text, struct own_key **out)
{
    enum err e =
        text == NULL ? fail(ERR_INPUT, "key: none given") : own_key_read(str_from(text), out);
    return e == OK              ? EID_OK
           : e == ERR_NO_MEMORY ? EID_NO_MEMORY
                                : work_fail(w, EID_BAD_ARGUMENT, "%s", err_reason());
}

struct key_list {
    const char *const *keys;
    size_t n;
    char *text;
};

/* spec: RFC 7517 §5 an object with the member keys; each with kid, use and alg */
static enum eid_code write_jwks(struct work *w, struct eid_client *c, void *own)
{
    struct key_list *f = own;
    json_t *set = json_own(w->arena, json_object());
    json_t *list = json_array();
    (void)c;
    if (json_object_set_new(set, "keys", list) != 0) {
        return EID_NO_MEMORY;
    }
    for (size_t i = 0; i < f->n; i++) {
        struct own_key **k = arena_alloc(w->arena, sizeof(struct own_key *));
        json_t *jwk = NULL;
        arena_defer(w->arena, free_key, k);
        EID_TRY(read_key(w, f->keys[i], k));
        if (jwk_write((*k)->key, (*k)->alg, str_from((*k)->kid), &jwk) != OK ||
            json_array_append_new(list, jwk) != 0) {
            return work_fail(w, EID_NO_MEMORY, "key set");
        }
    }
    struct str text = json_text(w->arena, set);
    f->text = strndup(text.p, text.n);
    return f->text == NULL ? EID_NO_MEMORY : EID_OK;
}

enum eid_code eid_key_public_jwks(const char *const *keys, size_t n, char **out,
                                  struct eid_error *err)
{
    struct key_list f = {.keys = keys, .n = n};
    enum eid_code code = without_handle(write_jwks, &f, err);
    if (code == EID_OK) {
        *out = f.text;
    }
    return code;
}

struct key_setting {
    const char *text;
    bool for_dpop;
};

static enum eid_code set_key(struct work *w, struct eid_client *c, void *own)
{
    const struct key_setting *f = own;
    struct own_key **place = f->for_dpop ? &c->dpop_key : &c->auth_key;
    struct own_key *key = NULL;
    if (f->text != NULL) {
        EID_TRY(read_key(w, f->text, &key));
    }
    own_key_free(*place);
    *place = key;
    return EID_OK;
}

enum eid_code eid_client_set_key(struct eid_client *client, const char *key, struct eid_error *err)
{
    struct key_setting f = {key, false};
    return work_block(client, set_key, &f, err);
}

enum eid_code eid_client_set_dpop_key(struct eid_client *client, const char *key,
                                      struct eid_error *err)
{
    struct key_setting f = {key, true};
    return work_block(client, set_key, &f, err);
}
