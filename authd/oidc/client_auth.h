/* Client authentication: RFC 6749 section 2.3, RFC 7523, OpenID Connect Core section 9.  Exactly
 * the method the client is registered with. */
#ifndef OIDC_CLIENT_AUTH_H
#define OIDC_CLIENT_AUTH_H
#include "oidc/client_credentials.h"
#include "oidc/party.h"

/* The beginning of every endpoint that clients call: reads the form, in which nothing may stand
 * twice, and finds out who asks.  *admitted false: the refusal has been answered.  A public client
 * "authenticates" by its name alone; what protects it is PKCE.  Waits; every refusal of a known
 * client is audited, and the log names no other: what stands in client_id may be anything. */
CHECKED enum err client_admit(struct req *r, struct params *form, struct party *out,
                              bool *admitted);

#endif
