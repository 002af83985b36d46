/* A sandbox only: an ID token of ours made wrong in one named way, so that a portal can prove that
 * it refuses it.  Elsewhere the operation is refused like a forged warrant: an alarm.  Must not
 * sign anything but what was an ID token of ours a moment ago. */
#include <string.h>

#include "base/b64.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/rand.h"
#include "jose/jwt.h"
#include "signer/id_token.h"
#include "signer/release.h"
#include "signer/state.h"
#include "signer/token.h"

#define STRANGER "https://other-issuer.example"
#define LOWEST_ACR "urn:authd:acr:1:1"
#define KID_BYTES 12

static void set_text(json_t *claims, const char *name, const char *value)
{
    json_object_set_new(claims, name, json_string(value));
}

static void shift(json_t *claims, const char *name, int64_t by)
{
    int64_t value;
    if (json_member_i64(claims, name, &value)) {
        json_object_set_new(claims, name, json_integer(value + by));
    }
}

/* The claims, with one of them wrong.  False: the fault is not in the claims. */
static bool spoil_claims(json_t *claims, struct str fault, int64_t amount, int64_t now)
{
    int64_t exp;
    if (str_eqz(fault, "wrong_issuer")) {
        set_text(claims, "iss", STRANGER);
    } else if (str_eqz(fault, "wrong_audience")) {
        set_text(claims, "aud", "another-client");
    } else if (str_eqz(fault, "wrong_nonce")) {
        set_text(claims, "nonce", "a-nonce-of-another-login");
    } else if (str_eqz(fault, "missing_sub")) {
        json_object_del(claims, "sub");
    } else if (str_eqz(fault, "clock_ahead")) {
        shift(claims, "iat", amount);
        shift(claims, "exp", amount);
    } else if (str_eqz(fault, "expired_id_token") && json_member_i64(claims, "exp", &exp)) {
        shift(claims, "iat", now - amount - exp);
        shift(claims, "exp", now - amount - exp);
    } else if (str_eqz(fault, "lower_level")) {
        set_text(claims, "acr", LOWEST_ACR);
        json_object_set_new(claims, CLAIM_ACCOUNT_LEVEL, json_integer(1));
        json_object_set_new(claims, CLAIM_AUTHENTICATION_LEVEL, json_integer(1));
    } else {
        return false;
    }
    return true;
}

/* Another header over the same payload; key NULL: no signature. */
static enum err sign_under(struct arena *a, const struct held_key *key, struct str header,
                           struct str payload, struct str *out)
{
    struct buf b = buf_in(a);
    struct str signature = STR("");
    buf_b64(&b, header);
    buf_byte(&b, '.');
    buf_b64(&b, payload);
    if (key != NULL) {
        TRY(sign_key_sign(a, key->sign, buf_str(&b), &signature));
    }
    buf_byte(&b, '.');
    buf_b64(&b, signature);
    *out = buf_str(&b);
    return OK;
}

/* A good signature, over something else. */
static enum err sign_wrongly(struct arena *a, const struct held_key *key, const struct jws *jws,
                             struct str *out)
{
    struct buf b = buf_in(a);
    struct str signature;
    TRY(sign_key_sign(a, key->sign, STR("something else"), &signature));
    buf_add(&b, jws->signed_text);
    buf_byte(&b, '.');
    buf_b64(&b, signature);
    *out = buf_str(&b);
    return OK;
}

static enum err forge(struct arena *a, const struct held_key *key, const struct jws *jws,
                      const struct signer_sandbox_forge *m, int64_t now, struct str *out)
{
    json_t *claims;
    uint8_t kid[KID_BYTES];
    TRY(jwt_claims(a, jws, &claims));
    if (spoil_claims(claims, m->fault, (int64_t)m->amount, now)) {
        return token_sign(a, key, TOKEN_ID, json_text(a, claims), out);
    }
    if (str_eqz(m->fault, "bad_signature")) {
        return sign_wrongly(a, key, jws, out);
    }
    if (str_eqz(m->fault, "unsigned")) {
        return sign_under(a, NULL, STR("{\"alg\":\"none\",\"typ\":\"JWT\"}"), jws->payload, out);
    }
    if (str_eqz(m->fault, "unknown_key")) {
        rand_bytes(kid, sizeof kid);
        struct str header =
            str_fmt(a, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"%.*s\"}", alg_name(key->alg),
                    STR_FMT(b64_str(a, str_of((const char *)kid, sizeof kid))));
        return sign_under(a, key, header, jws->payload, out);
    }
    return fail(ERR_INPUT, "forge: there is no such fault");
}

enum err op_sandbox_forge(struct arena *a, struct signer *s, enum channel from, struct str request,
                          struct str *answer)
{
    (void)from;
    struct signer_sandbox_forge m;
    struct signer_sandbox_forged out;
    struct jws jws;
    if (!s->sandbox) {
        return fail(ERR_DENIED, "warrant: forging is for a sandbox");
    }
    TRY(get_signer_sandbox_forge(a, request, &m));
    TRY(jws_parse(a, m.token, &jws));
    const struct held_key *key = held_published(s->keys, jws.kid);
    if (key == NULL) {
        return fail(ERR_DENIED, "warrant: forge: not a token of ours");
    }
    if (jws_verify(&jws, sign_key_public(key->sign), token_type_name(TOKEN_ID)) != OK) {
        return fail(ERR_DENIED, "warrant: forge: not an ID token of ours");
    }
    TRY(forge(a, key, &jws, &m, signer_now(s), &out.token));
    ANSWER(a, signer_sandbox_forged, &out, answer);
    return OK;
}
