/* Verifying an id_token_hint. */
#include "oidc/hint.h"
#include "base/clock.h"
#include "jose/jwt.h"
#include "sso/sso.h"

/* Signature with the published keys, else with the retired ones; revoked keys are in neither set.
 */
static enum err claims_of(struct req *r, struct str token, const struct app_keys *keys,
                          json_t **out)
{
    /* Far beyond any lifetime of ours: exp is not asked for, iat must not lie in the future. */
    struct jwt_expect expect = {.issuer = str_from(app_of(r)->config->issuer),
                                .now = clock_now_s(),
                                .skew_s = INT32_MAX,
                                .exp_optional = true};
    enum err e = jwt_open(r->arena, token, keys->jwks, "JWT", &expect, out);
    if (e == ERR_NOT_FOUND && keys->retired != NULL) {
        e = jwt_open(r->arena, token, keys->retired, "JWT", &expect, out);
    }
    return e;
}

enum err hint_read(struct req *r, struct str token, struct hint *out)
{
    const struct app_keys *keys = NULL;
    json_t *claims = NULL;
    TRY(app_keys(r->task, app_of(r), &keys));
    enum err e = keys->jwks == NULL ? ERR_DENIED : claims_of(r, token, keys, &claims);
    if (err_is_ours(e)) {
        return e;
    }
    if (e != OK) {
        return fail(ERR_DENIED, "id_token_hint: %s", err_reason());
    }
    const json_t *aud = json_object_get(claims, "aud");
    if (json_is_array(aud) && json_array_size(aud) == 1) {
        aud = json_array_get(aud, 0);
    }
    struct hint h = {.sub = json_member(claims, "sub"), .sid = json_member(claims, "sid")};
    h.client_id = str_of(json_string_value(aud), json_string_length(aud));
    /* An access or logout token of ours is no ID token: those have another typ, and jti with
     * client_id. */
    if (!json_is_string(aud) || !str_is(h.sub) || json_object_get(claims, "client_id") != NULL) {
        return fail(ERR_DENIED, "id_token_hint: not an ID token of ours");
    }
    *out = h;
    return OK;
}
