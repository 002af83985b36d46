/* Client authentication: RFC 6749 section 2.3, OpenID Connect Core section 9, RFC 7523. */
#include "libeid/client_auth.h"
#include <openssl/evp.h>
#include <string.h>
#include "base/clock.h"
#include "libeid/own_key.h"
#include "libeid/provider.h"

#define BASIC "client_secret_basic"
#define POST "client_secret_post"
#define ASSERTION "private_key_jwt"
#define NONE "none"
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define ASSERTION_LIFE_S 60
#define JTI_BYTES 16

bool client_auth_is_method(const char *name)
{
    static const char *const methods[] = {BASIC, POST, ASSERTION, NONE};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (strcmp(name, methods[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* spec: RFC 6749 §2.3.1 id and secret are form-encoded before they become user and password */
static const char *basic(struct work *w, const struct eid_client *c)
{
    struct buf pair = buf_in(w->arena);
    buf_percent(&pair, str_from(c->client_id));
    buf_byte(&pair, ':');
    buf_percent(&pair, str_from(c->client_secret));
    struct str plain = buf_str(&pair);
    char *coded = arena_alloc(w->arena, (plain.n + 2) / 3 * 4 + 1);
    EVP_EncodeBlock((unsigned char *)coded, (const unsigned char *)plain.p, (int)plain.n);
    return str_fmt(w->arena, "Basic %s", coded).p;
}

/* spec: OpenID Core §9:jwt iss, sub the client id; aud, jti, exp REQUIRED
 * spec: RFC 7523 §3 aud is the issuer alone, so that no other server can use the assertion */
static enum eid_code assert_client(struct work *w, const struct eid_client *c, struct buf *form)
{
    int64_t now = clock_now_s();
    const struct own_key *key = c->auth_key;
    struct str token;
    json_t *o = json_own(w->arena, json_object());
    int lost = json_object_set_new(o, "iss", json_string(c->client_id)) |
               json_object_set_new(o, "sub", json_string(c->client_id)) |
               json_object_set_new(o, "aud", json_string(c->issuer)) |
               json_object_set_new(o, "jti", json_str(work_random_b64(w, JTI_BYTES))) |
               json_object_set_new(o, "iat", json_integer(now)) |
               json_object_set_new(o, "exp", json_integer(now + ASSERTION_LIFE_S));
    if (lost != 0) {
        return work_fail(w, EID_NO_MEMORY, "client assertion");
    }
    enum err e = jws_sign(w->arena, key->alg, key->key, key->sign, str_from(key->kid),
                          "client-authentication+jwt", json_text(w->arena, o), &token);
    if (e != OK) {
        return work_refuse(w, e, EID_INTERNAL, "client assertion");
    }
    buf_form(form, "client_assertion_type", STR(ASSERTION_TYPE));
    buf_form(form, "client_assertion", token);
    return EID_OK;
}

/* spec: RFC 8414 §2 without the member, client_secret_basic is what is offered */
static bool offers(const struct provider *p, const char *method)
{
    const char *offered = p->auth_methods != NULL ? p->auth_methods : BASIC;
    return str_words_have(str_from(offered), str_from(method));
}

/* What was configured decides; the provider's metadata may only choose between the two ways to send
 * a secret. */
static enum eid_code choose(struct work *w, const struct eid_client *c, const struct provider *p,
                            const char **out)
{
    if (c->token_auth != NULL) {
        *out = c->token_auth;
    } else if (c->auth_key == NULL) {
        bool post = !offers(p, BASIC) && offers(p, POST);
        *out = c->client_secret == NULL ? NONE : post ? POST : BASIC;
    } else if (!offers(p, ASSERTION)) {
        return work_fail(
            w, EID_NOT_OFFERED,
            "a key was given, but the provider's token_endpoint_auth_methods_supported "
            "lacks private_key_jwt: %s, or set EID_TOKEN_AUTH to private_key_jwt to "
            "try it all the same",
            c->client_secret != NULL ? "set EID_TOKEN_AUTH to client_secret_basic"
                                     : "register with a client secret");
    } else {
        *out = ASSERTION;
    }
    if (strcmp(*out, ASSERTION) == 0 && c->auth_key == NULL) {
        return work_fail(w, EID_BAD_CONFIGURATION,
                         "EID_TOKEN_AUTH is private_key_jwt, but eid_client_set_key gave no key");
    }
    const char *alg = c->auth_key != NULL ? alg_name(c->auth_key->alg) : "";
    if (*out != c->token_auth && c->auth_key != NULL && p->auth_algs != NULL &&
        !str_words_have(str_from(p->auth_algs), str_from(alg))) {
        return work_fail(w, EID_NOT_OFFERED,
                         "the provider's token_endpoint_auth_signing_alg_values_supported (%.80s) "
                         "lacks %s: give a key of another kind",
                         p->auth_algs, alg);
    }
    return EID_OK;
}

enum eid_code client_auth_check(struct work *w, struct eid_client *c)
{
    struct provider *p = NULL;
    const char *method = NONE;
    EID_TRY(provider_lease(w, c, &p));
    return choose(w, c, p, &method);
}

enum eid_code client_auth_add(struct work *w, struct eid_client *c, bool named, struct buf *form,
                              const char **authorization)
{
    struct provider *p = NULL;
    const char *method = NONE;
    EID_TRY(provider_lease(w, c, &p));
    EID_TRY(choose(w, c, p, &method));
    if (strcmp(method, BASIC) == 0) {
        *authorization = basic(w, c);
        return EID_OK;
    }
    if (!named) {
        buf_form(form, "client_id", str_from(c->client_id));
    }
    if (strcmp(method, ASSERTION) == 0) {
        return assert_client(w, c, form);
    }
    if (strcmp(method, POST) == 0) {
        buf_form(form, "client_secret", str_from(c->client_secret));
    }
    return EID_OK;
}
