/* Any JWT of the provider: signature with its keys, fetching newer ones once when a key is unknown.
 */
#ifndef LIBEID_VERIFY_H
#define LIBEID_VERIFY_H
#include "jose/jwt.h"
#include "libeid/state.h"

/* "logout+jwt", or no type at all ("JWT" says nothing either). */
extern const char TYP_LOGOUT_OR_NONE[];

/* alg: the only one acceptable, or ALG_UNSET for any of the key set's.  Claims are not judged yet.
 * EID_TOKEN_FORGED, EID_KEY_UNKNOWN and whatever fetching keys can give. */
enum eid_code verify_jwt(struct work *w, struct eid_client *c, struct str token, const char *typ,
                         enum alg alg, json_t **claims);
/* jwt_check with our codes; who: "ID token", … for the detail. */
enum eid_code verify_claims(struct work *w, const struct eid_client *c, const json_t *claims,
                            const struct jwt_expect *expect, const char *who);

#endif
