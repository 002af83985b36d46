/* Sealing and opening of identity documents; see document.h. */
#include "signer/document.h"

#include <string.h>

#include "base/json.h"
#include "keystore/gcm.h"
#include "signer/handle.h"

struct str bucket_context(struct arena *a, uint16_t bucket)
{
    return wrap_context(a, STR("bucket"), str_fmt(a, "%u", (unsigned)bucket));
}

static struct str key_aad(struct arena *a, const struct sealed_document *d)
{
    struct buf b = buf_in(a);
    wire_put_str(&b, STR("identity key"));
    wire_put_fixed(&b, d->identity.b, UUID_SIZE);
    wire_put_u32(&b, d->bucket);
    wire_put_u32(&b, d->bucket_key_version);
    return buf_str(&b);
}

static struct str document_aad(struct arena *a, const struct sealed_document *d)
{
    struct buf b = buf_in(a);
    wire_put_str(&b, STR("document"));
    wire_put_fixed(&b, d->identity.b, UUID_SIZE);
    wire_put_str(&b, d->kind);
    wire_put_u32(&b, d->version);
    return buf_str(&b);
}

static enum err check_place(const struct sealed_document *d)
{
    if (d->bucket != bucket_of(&d->identity)) {
        return fail(ERR_INPUT, "document: not the bucket of its identity");
    }
    if (!str_is(d->kind)) {
        return fail(ERR_INPUT, "document: no kind");
    }
    return OK;
}

static enum err unwrap_bucket(struct arena *a, const struct wrap_ring *ring,
                              const struct sealed_document *d, struct secret **out)
{
    enum err e = wrap_open(ring, bucket_context(a, d->bucket), d->wrapped_bucket_key, out);
    if (e == OK && secret_size(*out) != GCM_KEY) {
        secret_free(out);
        e = fail(ERR_DENIED, "document: a bucket key of another size");
    }
    return e;
}

/* The identity's key, out of its bucket. */
static enum err unwrap(struct arena *a, const struct wrap_ring *ring,
                       const struct sealed_document *d, struct secret **out)
{
    struct secret *bucket = NULL;
    uint8_t key[GCM_KEY];
    enum err e;
    if (d->wrapped_key.n != GCM_OVERHEAD + GCM_KEY) {
        return fail(ERR_INPUT, "document: a wrapped key of another size");
    }
    e = unwrap_bucket(a, ring, d, &bucket);
    if (e == OK) {
        e = gcm_open(secret_bytes(bucket), key_aad(a, d), d->wrapped_key, key);
    }
    if (e == OK) {
        e = secret_new(key, sizeof key, out);
        memset(key, 0, sizeof key);
    }
    secret_free(&bucket);
    return e;
}

/* A new key for the identity, wrapped under its bucket's key, which is made when there is none. */
static enum err make_keys(struct arena *a, const struct wrap_ring *ring,
                          const struct sealed_document *d, struct secret **key,
                          struct signer_sealed *out)
{
    struct secret *bucket = NULL, *identity = NULL;
    uint8_t *wrapped = arena_alloc(a, GCM_OVERHEAD + GCM_KEY);
    struct str wrapped_bucket = d->wrapped_bucket_key;
    enum err e;
    if (str_is(wrapped_bucket)) {
        e = unwrap_bucket(a, ring, d, &bucket);
    } else {
        e = secret_new(NULL, GCM_KEY, &bucket);
        if (e == OK) {
            e = wrap_seal(a, ring, bucket_context(a, d->bucket),
                          str_of(secret_bytes(bucket), GCM_KEY), &wrapped_bucket);
        }
    }
    if (e != OK) {
        goto out;
    }
    e = secret_new(NULL, GCM_KEY, &identity);
    if (e != OK) {
        goto out;
    }
    e = gcm_seal(secret_bytes(bucket), key_aad(a, d), str_of(secret_bytes(identity), GCM_KEY),
                 wrapped);
    if (e != OK) {
        goto out;
    }
    out->wrapped_bucket_key = wrapped_bucket;
    out->wrapped_key = str_of(wrapped, GCM_OVERHEAD + GCM_KEY);
    *key = identity;
    identity = NULL;
out:
    secret_free(&bucket);
    secret_free(&identity);
    return e;
}

enum err document_seal(struct arena *a, const struct wrap_ring *ring,
                       const struct sealed_document *d, struct str plaintext,
                       struct signer_sealed *out)
{
    json_t *object = NULL;
    struct secret *key = NULL;
    struct signer_sealed made = {.wrapped_key = d->wrapped_key,
                                 .wrapped_bucket_key = d->wrapped_bucket_key};
    if (plaintext.n > DOCUMENT_MAX) {
        return fail(ERR_LIMIT, "document: %zu bytes", plaintext.n);
    }
    TRY(check_place(d));
    TRY(json_read_in(a, plaintext, &object));
    if (!json_is_object(object)) {
        return fail(ERR_INPUT, "document: not a JSON object");
    }
    if (str_is(d->wrapped_key)) {
        TRY(unwrap(a, ring, d, &key));
    } else {
        TRY(make_keys(a, ring, d, &key, &made));
    }
    uint8_t *sealed = arena_alloc(a, GCM_OVERHEAD + plaintext.n);
    enum err e = gcm_seal(secret_bytes(key), document_aad(a, d), plaintext, sealed);
    secret_free(&key);
    TRY(e);
    made.sealed = str_of(sealed, GCM_OVERHEAD + plaintext.n);
    *out = made;
    return OK;
}

enum err document_open(struct arena *a, const struct wrap_ring *ring,
                       const struct sealed_document *d, json_t **out, struct str *text)
{
    struct secret *key = NULL;
    TRY(check_place(d));
    if (d->sealed.n < GCM_OVERHEAD || d->sealed.n > GCM_OVERHEAD + DOCUMENT_MAX) {
        return fail(ERR_INPUT, "document: %zu bytes", d->sealed.n);
    }
    TRY(unwrap(a, ring, d, &key));
    size_t n = d->sealed.n - GCM_OVERHEAD;
    uint8_t *plain = arena_alloc(a, n);
    enum err e = gcm_open(secret_bytes(key), document_aad(a, d), d->sealed, plain);
    secret_free(&key);
    TRY(e);
    TRY(json_read_in(a, str_of(plain, n), out));
    *text = str_of(plain, n);
    return json_is_object(*out) ? OK : fail(ERR_INPUT, "document: not a JSON object");
}
