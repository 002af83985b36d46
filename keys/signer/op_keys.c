/* Operations on the keys themselves: start, loading, making, wrapping again, publishing. */
#include "base/b64.h"
#include "base/ct.h"
#include "signer/document.h"
#include "signer/state.h"
#include "signer/token.h"

enum err op_hello(struct arena *a, struct signer *s, enum channel from, struct str request,
                  struct str *answer)
{
    (void)from;
    struct signer_hello m;
    if (s->configured) {
        return fail(ERR_DENIED, "warrant: the start message comes once");
    }
    TRY(get_signer_hello(a, request, &m));
    if (!str_is(m.issuer) || m.access_token_lifetime_s == 0 || m.id_token_lifetime_s == 0) {
        return fail(ERR_INPUT, "start message: no issuer or lifetimes");
    }
    TRY(wrap_ring_of_master(m.master_key, m.master_key_previous, WRAP_FOR_SIGNERS, &s->signers));
    enum err e =
        wrap_ring_of_master(m.master_key, m.master_key_previous, WRAP_FOR_VERIFIERS, &s->verifiers);
    if (e != OK) {
        wrap_ring_free(&s->signers);
        return e;
    }
    s->issuer = str_dup(s->arena, m.issuer);
    s->access_token_lifetime_s = m.access_token_lifetime_s;
    s->id_token_lifetime_s = m.id_token_lifetime_s;
    s->jwks_max_age_s = m.jwks_max_age_s;
    s->sandbox = m.sandbox == 1;
    s->configured = true;
    *answer = STR("");
    return OK;
}

/* The whole new snapshot is opened before the old one goes: a load that fails changes nothing. */
enum err op_load_keys(struct arena *a, struct signer *s, enum channel from, struct str request,
                      struct str *answer)
{
    (void)from;
    struct signer_load_keys m;
    TRY(get_signer_load_keys(a, request, &m));
    if (s->keys != NULL && m.generation < s->keys->generation) {
        return fail(ERR_CONFLICT, "load keys: a newer generation is loaded already");
    }
    if (s->keys == NULL || m.generation != s->keys->generation) {
        struct held_keys *opened = NULL;
        TRY(held_keys_open(&m, s->signers, s->verifiers, &opened));
        held_keys_free(&s->keys);
        s->keys = opened;
        s->signed_at = 0;
    }
    s->clock_lead_ms = m.clock_lead_ms;
    *answer = STR("");
    return OK;
}

static enum err make_signing(struct arena *a, struct str alg_text, struct str *kid, struct str *jwk,
                             struct secret **out)
{
    enum alg alg;
    struct sign_key *key = NULL;
    if (!alg_from_name(alg_text, &alg)) {
        return fail(ERR_INPUT, "generate key: unknown algorithm");
    }
    TRY(sign_key_generate(alg, &key));
    *kid = str_dup(a, str_from(sign_key_public(key)->kid));
    *jwk = str_dup(a, sign_key_jwk(key));
    enum err e = sign_key_write(key, out);
    sign_key_free(&key);
    return e;
}

static bool is_symmetric(struct str use)
{
    return str_eqz(use, "subject") || str_eqz(use, "proof") || str_eqz(use, "pepper") ||
           str_eqz(use, "lookup") || str_eqz(use, "handle");
}

static enum err make_key(struct arena *a, const struct signer_generate_key *m, struct str *kid,
                         struct str *jwk, struct secret **out)
{
    if (str_eqz(m->use, "sign") || str_eqz(m->use, "root")) {
        return make_signing(a, m->alg, kid, jwk, out);
    }
    if (str_is(m->alg)) {
        return fail(ERR_INPUT, "generate key: this use has no algorithm");
    }
    if (str_eqz(m->use, "audit")) {
        TRY(x25519_generate(out));
        return x25519_jwk(a, *out, kid, jwk);
    }
    if (is_symmetric(m->use)) {
        TRY(secret_new(NULL, str_eqz(m->use, "subject") ? KEY_SUBJECT_SIZE : KEY_SYMMETRIC_SIZE,
                       out));
        *kid = symmetric_kid(a, m->use, *out);
        return OK;
    }
    return fail(ERR_INPUT, "generate key: unknown use");
}

static const struct wrap_ring *ring_for(const struct signer *s, struct str use)
{
    return wrap_for_use(use) == WRAP_FOR_VERIFIERS ? s->verifiers : s->signers;
}

enum err op_generate_key(struct arena *a, struct signer *s, enum channel from, struct str request,
                         struct str *answer)
{
    (void)from;
    struct signer_generate_key m;
    struct signer_generated_key out = {.public_jwk = STR_NONE};
    struct secret *made = NULL;
    TRY(get_signer_generate_key(a, request, &m));
    enum err e = make_key(a, &m, &out.kid, &out.public_jwk, &made);
    if (e == OK) {
        e = wrap_seal(a, ring_for(s, m.use), wrap_context(a, m.use, out.kid),
                      str_of(secret_bytes(made), secret_size(made)), &out.sealed);
    }
    secret_free(&made);
    TRY(e);
    ANSWER(a, signer_generated_key, &out, answer);
    return OK;
}

enum err op_rewrap(struct arena *a, struct signer *s, enum channel from, struct str request,
                   struct str *answer)
{
    (void)from;
    struct signer_rewrap m;
    struct signer_rewrapped out;
    TRY(get_signer_rewrap(a, request, &m));
    if (str_eqz(m.kind, "bucket")) {
        uint64_t bucket;
        if (!str_u64(m.context, &bucket) || bucket > UINT16_MAX) {
            return fail(ERR_INPUT, "rewrap: context is no bucket number");
        }
        TRY(wrap_again(a, s->signers, bucket_context(a, (uint16_t)bucket), m.wrapped,
                       &out.wrapped));
    } else if (str_eqz(m.kind, "key")) {
        struct str rest = m.context, use, kid;
        if (!str_word(&rest, &use) || !str_word(&rest, &kid)) {
            return fail(ERR_INPUT, "rewrap: context is not \"use kid\"");
        }
        TRY(wrap_again(a, ring_for(s, use), wrap_context(a, use, kid), m.wrapped, &out.wrapped));
    } else {
        return fail(ERR_INPUT, "rewrap: unknown kind");
    }
    ANSWER(a, signer_rewrapped, &out, answer);
    return OK;
}

/* The set as a JWT by the root key, which libeid pins: iss, iat, exp, keys.  Made again when a
 * quarter of its life has passed, so that what is handed out always outlives the caches. spec:
 * OpenID Federation 1.0 §5.2.1 signed_jwks_uri: typ jwk-set+jwt, keys, iss */
static enum err sign_key_set(struct signer *s, int64_t now)
{
    int64_t life = 4 * ((int64_t)s->jwks_max_age_s + 60);
    if (s->signed_at != 0 && now >= s->signed_at && now - s->signed_at < life / 4) {
        return OK;
    }
    arena_reset(s->key_set_arena);
    s->signed_at = 0;
    struct arena *a = s->key_set_arena;
    jwt_t *claims;
    TRY(claims_new(a, &claims));
    TRY(claims_object(claims, a, s->keys->jwks));
    TRY(claims_text(a, claims, "iss", s->issuer));
    TRY(claims_text(a, claims, "sub", s->issuer));
    TRY(claims_number(claims, "iat", now));
    TRY(claims_number(claims, "exp", now + life));
    TRY(token_make(a, s->keys->root, TOKEN_KEY_SET, claims, &s->signed_jwks));
    s->signed_at = now;
    return OK;
}

/* Who works with handles: reads them from requests or writes them into deliveries. */
static bool may_have_handle_key(enum channel from)
{
    return from == CHANNEL_WEB || from == CHANNEL_VERIFIER || from == CHANNEL_COURIER;
}

enum err op_key_set(struct arena *a, struct signer *s, enum channel from, struct str request,
                    struct str *answer)
{
    const struct held_keys *k = s->keys;
    if (request.n != 0) {
        return fail(ERR_INPUT, "key set: takes nothing");
    }
    TRY(sign_key_set(s, signer_now(s)));
    struct signer_key_set out = {
        .generation = k->generation,
        .jwks = k->jwks,
        .signed_jwks = s->signed_jwks,
        .root_jwk = sign_key_jwk(k->root->sign),
        .next_root_jwk = k->next_root == NULL ? STR_NONE : sign_key_jwk(k->next_root->sign),
        .audit_public = str_of(k->audit_public, 32),
        .revoked_kids = k->revoked_kids,
        .retired_jwks = k->retired_jwks};
    if (may_have_handle_key(from)) {
        out.handle_key = str_of(secret_bytes(k->handle->secret), KEY_SYMMETRIC_SIZE);
    }
    ANSWER(a, signer_key_set, &out, answer);
    return OK;
}
