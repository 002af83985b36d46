/* A verified identity.  Texts belong to the identity and live as long; NULL means "not released".
 */
#ifndef EID_IDENTITY_H
#define EID_IDENTITY_H
#include <stdint.h>
#include "eid/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eid_client;
struct eid_identity;

EID_API void eid_identity_free(struct eid_identity *identity); /* wipes; NULL is fine */

/* The person's name at this portal: never NULL, never changes, unrelated to other portals'. */
EID_API const char *eid_identity_subject(const struct eid_identity *identity);
EID_API const char *eid_identity_name(const struct eid_identity *identity);
EID_API const char *eid_identity_family_name(const struct eid_identity *identity);
EID_API const char *eid_identity_given_name(const struct eid_identity *identity);
EID_API const char *
eid_identity_birthdate(const struct eid_identity *identity); /* YYYY[-MM[-DD]] */
EID_API const char *eid_identity_personal_number(const struct eid_identity *identity);
EID_API const char *eid_identity_email(const struct eid_identity *identity);
EID_API const char *eid_identity_acr(const struct eid_identity *identity);
EID_API const char *
eid_identity_sid(const struct eid_identity *identity); /* session at the provider */
EID_API int eid_identity_account_level(const struct eid_identity *identity); /* 1, 2; 0: none */
EID_API int eid_identity_authentication_level(const struct eid_identity *identity); /* 1 to 4; 0 */
EID_API int64_t eid_identity_auth_time(const struct eid_identity *identity); /* 0: not told */
/* Any claim by its name; what is not a string comes as JSON text. */
EID_API const char *eid_identity_claim(const struct eid_identity *identity, const char *name);
EID_API const char *eid_identity_memo(const struct eid_identity *identity);

/* Tokens of the login: secrets, keep them on the server. */
EID_API const char *eid_identity_id_token(const struct eid_identity *identity);
EID_API const char *eid_identity_access_token(const struct eid_identity *identity);
EID_API const char *eid_identity_refresh_token(const struct eid_identity *identity);
EID_API const char *eid_identity_scope(const struct eid_identity *identity);
EID_API int64_t
eid_identity_expires_at(const struct eid_identity *identity); /* access token; 0: untold */

/* Adds what userinfo tells; claims of the ID token win.  Not while others read the identity. Waits.
 */
EID_API enum eid_code eid_identity_userinfo(struct eid_client *client,
                                            struct eid_identity *identity, struct eid_error *err);
/* New tokens and claims for the same person, with the refresh token (scope offline_access).  The
 * old identity stays as it is.  Waits. */
EID_API enum eid_code eid_identity_refresh(struct eid_client *client,
                                           const struct eid_identity *identity,
                                           struct eid_identity **out, struct eid_error *err);

#ifdef __cplusplus
}
#endif
#endif
