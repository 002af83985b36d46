/* Proof Key for Code Exchange, RFC 7636, S256 only (RFC 9700 section 2.1.1).  Pure. */
#ifndef OIDC_PKCE_H
#define OIDC_PKCE_H
#include "oidc/fail.h"

/* At the authorization request.  required: false only for clients registered as pkce_optional. */
enum refusal pkce_challenge_check(struct str challenge, struct str method, bool required);
/* At the token request.  challenge: as stored with the code, or STR_NONE. */
enum refusal pkce_verify(struct str challenge, struct str verifier);

#endif
