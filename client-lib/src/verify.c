/* See verify.h.  Must not look into claims before the signature holds. */
#include "libeid/verify.h"
#include "libeid/keys.h"
#include "libeid/skew.h"

const char TYP_LOGOUT_OR_NONE[] = "logout+jwt";

enum eid_code verify_jwt(struct work *w, struct eid_client *c, struct str token, const char *typ,
                         enum alg alg, json_t **claims)
{
    struct jws jws;
    struct key_set *set = NULL;
    enum err e = jws_parse(w->arena, token, &jws);
    if (e != OK) {
        return work_refuse(w, e, EID_TOKEN_FORGED, "token");
    }
    if (typ == TYP_LOGOUT_OR_NONE && (jws.typ.p == NULL || str_ieq(jws.typ, STR("JWT")))) {
        typ = "JWT";
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
                         jws.kid.p == NULL
                             ? "the token names no key (kid), and the provider publishes several"
                             : "the provider does not publish this key: withdrawn, or too new for "
                               "the cool-down");
    }
    if (e == OK) {
        e = jwt_claims(w->arena, &jws, claims);
    }
    return e == OK ? EID_OK : work_refuse(w, e, EID_TOKEN_FORGED, "token");
}

/* What differs, in words that can be compared with the configuration. */
static void name_difference(struct work *w, const json_t *claims, const struct jwt_expect *expect)
{
    struct str iss = json_member(claims, "iss");
    struct str aud = json_member(claims, "aud");
    if (!str_eq(iss, expect->issuer)) {
        work_hint(w, ": it says \"%.*s\", you configured \"%.*s\"",
                  (int)(iss.n < 100 ? iss.n : 100), iss.p == NULL ? "" : iss.p,
                  (int)(expect->issuer.n < 100 ? expect->issuer.n : 100), expect->issuer.p);
    } else if (expect->n_audiences == 1 && !jwt_audience_has(claims, expect->audiences[0])) {
        work_hint(w, ": it is for \"%.*s\", you are \"%.*s\"", (int)(aud.n < 100 ? aud.n : 100),
                  aud.p == NULL ? "others" : aud.p,
                  (int)(expect->audiences[0].n < 100 ? expect->audiences[0].n : 100),
                  expect->audiences[0].p);
    }
}

enum eid_code verify_claims(struct work *w, const struct eid_client *c, const json_t *claims,
                            const struct jwt_expect *expect, const char *who)
{
    enum err e = jwt_check(claims, expect);
    if (e == OK) {
        return EID_OK;
    }
    enum eid_code code = e == ERR_EXPIRED ? EID_TOKEN_EXPIRED : EID_TOKEN_REFUSED;
    work_fail(w, code, "%s: %s", who, err_reason());
    name_difference(w, claims, expect);
    skew_hint(w, c);
    return code;
}
