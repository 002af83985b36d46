/* Client authentication: RFC 6749 section 2.3, RFC 7523, OpenID Connect Core section 9.  Exactly
 * the method the client is registered with. */
#ifndef OIDC_CLIENT_AUTH_H
#define OIDC_CLIENT_AUTH_H
#include "oidc/client_credentials.h"
#include "oidc/party.h"

/* The form of an endpoint that clients call, with repetition refused.  On refusal *form is empty.
 */
CHECKED enum err client_form(struct req *r, struct params *form, enum refusal *why);
/* OK with *why REFUSE_NOTHING: *out is who asks.  A public client "authenticates" by its name
 * alone; what protects it is PKCE.  Waits; every refusal of a known client is audited. */
CHECKED enum err client_authenticate(struct req *r, const struct params *form, struct party *out,
                                     enum refusal *why);

#endif
