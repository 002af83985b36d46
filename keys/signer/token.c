/* Claims to compact JWS; see token.h.  Must not call jwt_encode_* or jwt_decode (LIBRARIES.md 1.2).
 */
#include "signer/token.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/buf.h"

#define SIGNATURE_ROOM 128 /* of an elliptic curve; more grows */

static void free_claims(void *claims)
{
    jwt_free(claims);
}

enum err claims_new(struct arena *a, jwt_t **out)
{
    jwt_t *claims = NULL;
    if (jwt_new(&claims) != 0) {
        return fail(ERR_NO_MEMORY, "claims: no memory");
    }
    arena_defer(a, free_claims, claims);
    *out = claims;
    return OK;
}

static enum err added(int result, const char *name)
{
    if (result == 0) {
        return OK;
    }
    return result == ENOMEM ? fail(ERR_NO_MEMORY, "claims: no memory")
                            : fail(ERR_INPUT, "claims: %s can't be added", name);
}

enum err claims_text(struct arena *a, jwt_t *claims, const char *name, struct str value)
{
    if (value.p == NULL) {
        return OK;
    }
    if (!str_utf8(value)) {
        return fail(ERR_INPUT, "claims: %s is not text", name);
    }
    return added(jwt_add_grant(claims, name, str_z(a, value)), name);
}

enum err claims_number(jwt_t *claims, const char *name, int64_t value)
{
    return added(jwt_add_grant_int(claims, name, (long)value), name);
}

enum err claims_object(jwt_t *claims, struct arena *a, struct str json_object)
{
    return added(jwt_add_grants_json(claims, str_z(a, json_object)), "an object");
}

enum err token_sign(struct arena *a, const struct held_key *key, enum token_type type,
                    struct str payload, struct str *out)
{
    struct buf b = buf_in(a);
    struct str signature;
    buf_room(&b, key->header[type].n + B64_SIZE(payload.n) + SIGNATURE_ROOM);
    buf_add(&b, key->header[type]);
    buf_b64(&b, payload);
    TRY(sign_key_sign(a, key->sign, buf_str(&b), &signature));
    buf_byte(&b, '.');
    buf_b64(&b, signature);
    *out = buf_str(&b);
    return OK;
}

enum err token_make(struct arena *a, const struct held_key *key, enum token_type type,
                    jwt_t *claims, struct str *out)
{
    char *payload = jwt_get_grants_json(claims, NULL);
    if (payload == NULL) {
        return fail(ERR_NO_MEMORY, "claims: no memory");
    }
    enum err e = token_sign(a, key, type, str_from(payload), out);
    free(payload);
    return e;
}
