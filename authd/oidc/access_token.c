/* Verifying an access token of ours with the published keys.  Keys that were revoked are in no set,
 * so their tokens die here at once. */
#include "oidc/access_token.h"
#include "base/clock.h"
#include "jose/jwt.h"
#include "oidc/known_tokens.h"
#include "sso/sso.h"
#include "store/client.h"

/* As the signer marks them (keys/signer/token.h). */
#define KIND_CLAIM "urn:authd:token_kind"

/* A disabled service's tokens end with it. */
static enum err client_stands(struct req *r, struct str id)
{
    struct client_row client;
    enum err e = store_client_find(r->task, app_of(r)->db, id, &client);
    if (e == ERR_NOT_FOUND || (e == OK && !client.active)) {
        return fail(ERR_DENIED, "access token: its client is disabled or gone");
    }
    return e;
}

/* spec: RFC 9068 §4:typ, §4:signature MUST be verified: now, or when this very text came before */
static enum err signature_check(struct app *app, const struct app_keys *keys, struct str text,
                                const struct jws *jws)
{
    struct sha256 hash = sha256(text);
    if (app->tokens == NULL) {
        app->tokens = known_tokens_new();
    }
    if (known_tokens_have(app->tokens, keys->number, &hash)) {
        return OK;
    }
    TRY(jws_verify_with(jws, keys->jwks, "at+jwt"));
    known_tokens_add(app->tokens, keys->number, &hash);
    return OK;
}

static enum err claims_read(struct req *r, const struct app_keys *keys, struct str text,
                            json_t **out)
{
    struct jws jws;
    TRY(jws_parse(r->arena, text, &jws));
    TRY(signature_check(app_of(r), keys, text, &jws));
    TRY(jwt_claims(r->arena, &jws, out));
    /* spec: RFC 9068 §4:iss, §4:exp MUST be verified.  Another node may have issued it a moment ago
     * by a clock that is a little ahead of ours. */
    return jwt_check(*out, &(struct jwt_expect){.issuer = str_from(app_of(r)->config->issuer),
                                                .now = clock_now_s(),
                                                .ahead_s = CLOCKS_APART_S});
}

enum err access_token_open(struct req *r, struct str text, struct access_token *out)
{
    const struct app_keys *keys = NULL;
    json_t *claims = NULL;
    TRY(app_keys(r->task, app_of(r), &keys));
    enum err e = keys->jwks == NULL ? ERR_DENIED : claims_read(r, keys, text, &claims);
    if (e == ERR_NOT_FOUND) {
        TRY(app_keys_of_now(r->task, app_of(r), keys, &keys));
        e = claims_read(r, keys, text, &claims);
    }
    if (err_is_ours(e)) {
        return e;
    }
    if (e != OK) {
        return fail(ERR_DENIED, "access token: %s", err_reason());
    }
    struct access_token t = {.claims = claims,
                             .client_id = json_member(claims, "client_id"),
                             .scope = json_member(claims, "scope"),
                             .jkt = json_member(json_object_get(claims, "cnf"), "jkt"),
                             .of_client = json_object_get(claims, KIND_CLAIM) != NULL};
    if (!str_is(t.client_id) ||
        jti_read(keys->handle_key, json_member(claims, "jti"), &t.bucket, &t.grant) != OK) {
        return fail(ERR_DENIED, "access token: no client or jti of ours");
    }
    if (!t.of_client && uuid_is_none(&t.grant)) {
        return fail(ERR_DENIED, "access token: a person's without a grant");
    }
    TRY(client_stands(r, t.client_id));
    *out = t;
    return OK;
}
