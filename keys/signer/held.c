/* Opening the rows of the key store into a snapshot; see held.h. */
#include "signer/held.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

#include "base/b64.h"
#include "base/buf.h"
#include "base/json.h"
#include "jose/jwks.h"

/* The snapshot's own texts: a few hundred bytes per key. */
#define HELD_ARENA_MAX ((size_t)4 * 1024 * 1024)

const char *token_type_name(enum token_type t)
{
    /* spec: RFC 9068 §2.1 "at+jwt"; RFC 7519 §5.1 "JWT"; OpenID Back-Channel Logout 1.0 §2.4 */
    static const char *const names[TOKEN_TYPE_COUNT] = {"at+jwt", "JWT", "logout+jwt",
                                                        "jwk-set+jwt"};
    return names[t];
}

static enum err check_kid(struct str row_kid, struct str own)
{
    return str_eq(row_kid, own)
               ? OK
               : fail(ERR_DENIED, "key %.*s: its kid is not its own", STR_FMT(row_kid));
}

static enum err open_sign(struct held_keys *h, const struct key_row *row,
                          const struct secret *pkcs8, struct held_key *out)
{
    if (!alg_from_name(row->alg, &out->alg)) {
        return fail(ERR_INPUT, "key %.*s: unknown algorithm", STR_FMT(row->kid));
    }
    TRY(sign_key_read(out->alg, pkcs8, &out->sign));
    const char *kid = sign_key_public(out->sign)->kid;
    TRY(check_kid(row->kid, str_from(kid)));
    for (int t = 0; t < TOKEN_TYPE_COUNT; t++) {
        struct str head = str_fmt(h->arena, "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"%s\"}",
                                  alg_name(out->alg), kid, token_type_name((enum token_type)t));
        struct buf b = buf_in(h->arena);
        buf_b64(&b, head);
        buf_byte(&b, '.');
        out->header[t] = buf_str(&b);
    }
    return OK;
}

static enum err check_secret(struct held_keys *h, const struct key_row *row, const struct secret *s)
{
    size_t want = str_eqz(row->use, "subject") ? KEY_SUBJECT_SIZE : KEY_SYMMETRIC_SIZE;
    if (secret_size(s) != want) {
        return fail(ERR_INPUT, "key %.*s: wrong size", STR_FMT(row->kid));
    }
    if (str_eqz(row->use, "audit")) {
        struct str kid, jwk;
        TRY(x25519_jwk(h->arena, s, &kid, &jwk));
        return check_kid(row->kid, kid);
    }
    return check_kid(row->kid, symmetric_kid(h->arena, row->use, s));
}

/* What is gone, or kept for the registry only, stays closed. */
static bool wanted(const struct key_row *row, enum key_state state)
{
    bool live = state == KEY_NEXT || state == KEY_ACTIVE || state == KEY_RETIRING;
    /* Peppers are the verifiers' business alone. */
    return live && str_is(row->sealed) && !str_eqz(row->use, "pepper");
}

static enum err open_row(struct held_keys *h, const struct key_row *row,
                         const struct wrap_ring *signers, const struct wrap_ring *verifiers,
                         size_t i)
{
    struct rotate_key *r = &h->rows[i];
    *r = (struct rotate_key){.kid = str_dup(h->arena, row->kid),
                             .use = str_dup(h->arena, row->use),
                             .alg = str_dup(h->arena, row->alg),
                             .created_at = row->created_at,
                             .activate_at = row->activate_at};
    TRY(key_state_read(row->state, &r->state));
    r->activated_at = r->state == KEY_ACTIVE ? row->activate_at : 0;
    struct held_key *key = &h->keys[i];
    key->version = row->version;
    if (!wanted(row, r->state)) {
        return OK;
    }
    const struct wrap_ring *ring =
        wrap_for_use(row->use) == WRAP_FOR_VERIFIERS ? verifiers : signers;
    struct secret *opened = NULL;
    enum err e = wrap_open(ring, wrap_context(h->arena, row->use, row->kid), row->sealed, &opened);
    if (e != OK) {
        char why[160];
        (void)snprintf(why, sizeof why, "%s", err_reason());
        return fail(e, "key %.*s: %s", STR_FMT(row->kid), why);
    }
    if (str_eqz(row->use, "sign") || str_eqz(row->use, "root")) {
        e = open_sign(h, row, opened, key);
    } else {
        e = check_secret(h, row, opened);
        if (e == OK) {
            key->secret = opened;
            opened = NULL;
        }
    }
    secret_free(&opened);
    return e;
}

static const struct held_key *in_state(const struct held_keys *h, const char *use,
                                       enum key_state state)
{
    for (size_t i = 0; i < h->n; i++) {
        const struct held_key *k = &h->keys[i];
        if (str_eqz(h->rows[i].use, use) && h->rows[i].state == state &&
            (k->secret != NULL || k->sign != NULL)) {
            return k;
        }
    }
    return NULL;
}

static const struct held_key *active_of(const struct held_keys *h, const char *use)
{
    return in_state(h, use, KEY_ACTIVE);
}

/* The active key first: it seals, the others only open. */
static enum err collect_proofs(struct held_keys *h)
{
    h->proofs = OPENSSL_secure_zalloc((h->n + 1) * sizeof *h->proofs);
    if (h->proofs == NULL) {
        return fail(ERR_NO_MEMORY, "keys: the memory for keys is full");
    }
    for (int active = 1; active >= 0; active--) {
        for (size_t i = 0; i < h->n; i++) {
            const struct secret *s = h->keys[i].secret;
            if (s == NULL || !str_eqz(h->rows[i].use, "proof") ||
                (h->rows[i].state == KEY_ACTIVE) != active) {
                continue;
            }
            struct proof_key *to = &h->proofs[h->n_proofs++];
            memcpy(to->kid, h->rows[i].kid.p, KEY_KID_SIZE);
            memcpy(to->key, secret_bytes(s), sizeof to->key);
        }
    }
    return h->n_proofs > 0 ? OK : fail(ERR_NOT_FOUND, "keys: no proof key");
}

static void write_key_set(struct held_keys *h)
{
    struct buf set = buf_in(h->arena), revoked = buf_in(h->arena);
    buf_addz(&set, "{\"keys\":[");
    buf_addz(&revoked, "[");
    for (size_t i = 0; i < h->n; i++) {
        if (!str_eqz(h->rows[i].use, "sign")) {
            continue;
        }
        if (h->keys[i].sign != NULL) {
            buf_addz(&set, set.p[set.n - 1] == '[' ? "" : ",");
            buf_add(&set, sign_key_jwk(h->keys[i].sign));
        } else if (h->rows[i].state == KEY_REVOKED) {
            buf_addz(&revoked, revoked.n == 1 ? "" : ",");
            buf_add(&revoked, json_text(h->arena, json_own(h->arena, json_str(h->rows[i].kid))));
        }
    }
    buf_addz(&set, "]}");
    buf_addz(&revoked, "]");
    h->jwks = buf_str(&set);
    h->revoked_kids = buf_str(&revoked);
}

/* Retired keys sign nothing and are opened no more, so their public parts are the rows' word.  That
 * is enough for what they serve: recognising an old id_token_hint, which gives nobody anything. */
static bool is_retired_sign(const struct held_keys *h, size_t i)
{
    return str_eqz(h->rows[i].use, "sign") && h->rows[i].state == KEY_RETIRED;
}

/* How many retired keys are younger: only the youngest are kept, as many as a set may hold. */
static size_t younger(const struct held_keys *h, size_t of)
{
    size_t n = 0;
    for (size_t i = 0; i < h->n; i++) {
        n += is_retired_sign(h, i) && h->rows[i].created_at > h->rows[of].created_at;
    }
    return n;
}

static void write_retired(struct held_keys *h, const struct signer_load_keys *load)
{
    struct buf set = buf_in(h->arena);
    size_t n = 0;
    buf_addz(&set, "{\"keys\":[");
    for (size_t i = 0; i < h->n && n < JWKS_KEYS_MAX; i++) {
        if (is_retired_sign(h, i) && younger(h, i) < JWKS_KEYS_MAX &&
            str_is(load->rows[i].public_jwk)) {
            n++;
            buf_addz(&set, set.p[set.n - 1] == '[' ? "" : ",");
            buf_add(&set, load->rows[i].public_jwk);
        }
    }
    buf_addz(&set, "]}");
    h->retired_jwks = buf_str(&set);
}

static enum err open_all(struct held_keys *h, const struct signer_load_keys *load,
                         const struct wrap_ring *signers, const struct wrap_ring *verifiers)
{
    h->n = load->n_rows;
    h->rows = arena_array(h->arena, h->n, sizeof *h->rows);
    h->keys = arena_array(h->arena, h->n, sizeof *h->keys);
    for (size_t i = 0; i < h->n; i++) {
        TRY(open_row(h, &load->rows[i], signers, verifiers, i));
    }
    h->root = active_of(h, "root");
    h->next_root = in_state(h, "root", KEY_NEXT);
    h->subject = active_of(h, "subject");
    h->handle = active_of(h, "handle");
    h->audit = active_of(h, "audit");
    if (h->root == NULL || h->root->sign == NULL || h->subject == NULL || h->handle == NULL ||
        h->audit == NULL) {
        return fail(ERR_NOT_FOUND, "keys: no active root, subject, handle or audit key");
    }
    TRY(collect_proofs(h));
    TRY(siv_new(secret_bytes(h->subject->secret), &h->sub_names));
    uint8_t sid[32];
    hkdf_sha256(secret_bytes(h->subject->secret), KEY_SUBJECT_SIZE, STR("authd sid v1"), sid,
                sizeof sid);
    enum err e = secret_new(sid, sizeof sid, &h->sid_key);
    OPENSSL_cleanse(sid, sizeof sid);
    TRY(e);
    TRY(x25519_public(h->audit->secret, h->audit_public));
    write_key_set(h);
    write_retired(h, load);
    return OK;
}

enum err held_keys_open(const struct signer_load_keys *load, const struct wrap_ring *signers,
                        const struct wrap_ring *verifiers, struct held_keys **out)
{
    struct held_keys *h = calloc(1, sizeof *h);
    if (h == NULL) {
        return fail(ERR_NO_MEMORY, "keys: no memory");
    }
    h->arena = arena_new(HELD_ARENA_MAX);
    h->generation = load->generation;
    enum err e = h->arena == NULL ? fail(ERR_NO_MEMORY, "keys: no memory")
                                  : open_all(h, load, signers, verifiers);
    if (e != OK) {
        held_keys_free(&h);
        return e;
    }
    *out = h;
    return OK;
}

void held_keys_free(struct held_keys **keys)
{
    struct held_keys *h = *keys;
    if (h == NULL) {
        return;
    }
    for (size_t i = 0; h->keys != NULL && i < h->n; i++) {
        sign_key_free(&h->keys[i].sign);
        secret_free(&h->keys[i].secret);
    }
    OPENSSL_secure_clear_free(h->proofs, (h->n + 1) * sizeof *h->proofs);
    siv_free(&h->sub_names);
    secret_free(&h->sid_key);
    arena_free(h->arena);
    free(h);
    *keys = NULL;
}

enum err held_signing(const struct held_keys *k, enum alg alg, int64_t now,
                      const struct held_key **out)
{
    const struct rotate_key *row = rotate_active(k->rows, k->n, str_from(alg_name(alg)), now);
    if (row == NULL || k->keys[row - k->rows].sign == NULL) {
        return fail(ERR_UNAVAILABLE, "keys: no active %s key", alg_name(alg));
    }
    *out = &k->keys[row - k->rows];
    return OK;
}

const struct held_key *held_published(const struct held_keys *k, struct str kid)
{
    for (size_t i = 0; i < k->n; i++) {
        if (k->keys[i].sign != NULL && str_eqz(k->rows[i].use, "sign") &&
            str_eq(k->rows[i].kid, kid)) {
            return &k->keys[i];
        }
    }
    return NULL;
}
