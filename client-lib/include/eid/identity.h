/* A verified identity.  Texts belong to the identity and live as long; NULL means "not
 * released". */
#ifndef EID_IDENTITY_H
#define EID_IDENTITY_H
#include <stdbool.h>
#include <stdint.h>
#include "eid/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eid_client;
struct eid_identity;

EID_API void eid_identity_free(struct eid_identity *identity); /* wipes; NULL is fine */

/* The name of the person or organisation at this portal: never NULL, never changes, unrelated to
 * other portals'. */
EID_API const char *eid_identity_subject(const struct eid_identity *identity);
/* Who acts, when it is somebody else than the subject: a member for an organisation, a
 * representative for a person.  A name as the subject's.  NULL: the subject itself. */
EID_API const char *eid_identity_actor(const struct eid_identity *identity);

enum eid_kind { EID_PERSON = 1, EID_ORGANISATION = 2 };
EID_API enum eid_kind eid_identity_kind(const struct eid_identity *identity);
EID_API const char *eid_identity_organisation_code(const struct eid_identity *identity);
EID_API const char *eid_identity_organisation_name(const struct eid_identity *identity);

/* Names, family name first, as on the card. */
EID_API const char *eid_identity_name(const struct eid_identity *identity);
EID_API const char *eid_identity_family_name(const struct eid_identity *identity);
EID_API const char *eid_identity_middle_name(const struct eid_identity *identity);
EID_API const char *eid_identity_given_name(const struct eid_identity *identity);

/* YYYY-MM-DD, YYYY-MM or YYYY: of some people only a part is known. */
EID_API const char *eid_identity_birthdate(const struct eid_identity *identity);
/* How many of year, month and day are known, in this order: 0 to 3; unknown ones become 0. */
EID_API int eid_identity_birthdate_parts(const struct eid_identity *identity, int *year, int *month,
                                         int *day);
EID_API const char *eid_identity_gender(const struct eid_identity *identity); /* male, female */
/* 12 digits. */
EID_API const char *eid_identity_personal_number(const struct eid_identity *identity);

EID_API const char *eid_identity_email(const struct eid_identity *identity);
EID_API bool eid_identity_email_verified(const struct eid_identity *identity);
EID_API const char *eid_identity_phone_number(const struct eid_identity *identity); /* +84… */
EID_API bool eid_identity_phone_number_verified(const struct eid_identity *identity);
/* part: "formatted", "street_address", "locality", "region", "postal_code", "country". */
EID_API const char *eid_identity_address(const struct eid_identity *identity, const char *part);
EID_API const char *eid_identity_province(const struct eid_identity *identity); /* three digits */
EID_API const char *eid_identity_locale(const struct eid_identity *identity);

/* How well the identity is known and how it was proven this time. */
EID_API int eid_identity_account_level(const struct eid_identity *identity); /* 1, 2; 0: none */
EID_API int eid_identity_authentication_level(const struct eid_identity *identity); /* 1 to 4; 0 */
EID_API const char *eid_identity_acr(const struct eid_identity *identity);
EID_API const char *eid_identity_amr(const struct eid_identity *identity);   /* "pwd otp mfa" */
EID_API int64_t eid_identity_auth_time(const struct eid_identity *identity); /* 0: not told */
/* The session at the provider: what a logout token names. */
EID_API const char *eid_identity_sid(const struct eid_identity *identity);

/* Any claim by its name; what is not a string comes as JSON text. */
EID_API const char *eid_identity_claim(const struct eid_identity *identity, const char *name);
EID_API const char *eid_identity_memo(const struct eid_identity *identity);

/* Tokens of the login: secrets, keep them on the server. */
EID_API const char *eid_identity_id_token(const struct eid_identity *identity);
/* Call other services with it: "Authorization: <token_type> <access_token>"; "DPoP" wants a proof
 * for each request as well, see eid_dpop_proof. */
EID_API const char *eid_identity_token_type(const struct eid_identity *identity);
EID_API const char *eid_identity_access_token(const struct eid_identity *identity);
EID_API const char *eid_identity_refresh_token(const struct eid_identity *identity);
EID_API const char *eid_identity_scope(const struct eid_identity *identity);
/* When the access token ends; 0: not told. */
EID_API int64_t eid_identity_expires_at(const struct eid_identity *identity);

/* Does the access token end within so many seconds?  true: refresh before using it. */
EID_API bool eid_identity_expires_within(const struct eid_identity *identity, long seconds);
/* The access token is bound to a key (DPoP): send it with "Authorization: DPoP" and the proof of
 * eid_dpop_proof.  false: it is a bearer token. */
EID_API bool eid_identity_is_bound(const struct eid_identity *identity);

/* The identity with its tokens as one sealed text of some kilobytes, for a session store: it opens
 * on every machine with the same transaction key, and after a restart.  It has no end of its own:
 * the session's is the caller's.  *out: eid_text_free.  Neither waits. */
EID_API enum eid_code eid_identity_seal(struct eid_client *client,
                                        const struct eid_identity *identity, char **out,
                                        struct eid_error *err);
/* EID_TRANSACTION_FORGED when it was changed or sealed by another handle. */
EID_API enum eid_code eid_identity_open(struct eid_client *client, const char *sealed,
                                        struct eid_identity **out, struct eid_error *err);

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
