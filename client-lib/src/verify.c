/* See verify.h.  Must not look into claims before the signature holds. */
#include "libeid/verify.h"
#include "libeid/keys.h"

static enum eid_code refuse(struct work *w, enum err e)
{
    return work_fail(w, e == ERR_NO_MEMORY ? EID_NO_MEMORY : EID_TOKEN_FORGED, "%s", err_reason());
}

enum eid_code verify_jwt(struct work *w, struct eid_client *c, struct str token, const char *typ,
                         enum alg alg, json_t **claims)
{
    struct jws jws;
    struct key_set *set = NULL;
    enum err e = jws_parse(w->arena, token, &jws);
    if (e != OK) {
        return refuse(w, e);
    }
    if (alg != ALG_UNSET && jws.alg != alg) {
        return work_fail(w, EID_TOKEN_FORGED, "signed with %s, not with %s as registered",
                         alg_name(jws.alg), alg_name(alg));
    }
    for (int newer = 0; newer < 2; newer++) {
        EID_TRY(keys_lease(w, c, newer == 1, &set));
        e = jws_verify_with(&jws, set->keys, typ);
        if (e != ERR_NOT_FOUND) {
            break;
        }
    }
    if (e == ERR_NOT_FOUND) {
        return work_fail(w, EID_KEY_UNKNOWN,
                         "the provider does not publish this key: withdrawn, or too new for the "
                         "cool-down");
    }
    if (e == OK) {
        e = jwt_claims(w->arena, &jws, claims);
    }
    return e == OK ? EID_OK : refuse(w, e);
}

enum eid_code verify_claims(struct work *w, const json_t *claims, const struct jwt_expect *expect,
                            const char *who)
{
    enum err e = jwt_check(claims, expect);
    if (e == OK) {
        return EID_OK;
    }
    return work_fail(w, e == ERR_EXPIRED ? EID_TOKEN_EXPIRED : EID_TOKEN_REFUSED, "%s: %s", who,
                     err_reason());
}
