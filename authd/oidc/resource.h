/* Which resource servers an access token is for: those whose scopes were granted. */
#ifndef OIDC_RESOURCE_H
#define OIDC_RESOURCE_H
#include "http/request.h"
#include "oidc/asks.h"

/* Audiences, space separated; empty when the scope concerns this provider alone.  Waits only for
 * scopes that are not of people. */
CHECKED enum err resource_audiences(struct req *r, struct str scope, struct str *out);
/* The scopes that are not of people, by the resource server each belongs to (the first, should it
 * belong to several); one that belongs to none stands for itself.  Waits likewise. */
CHECKED enum err resource_groups(struct req *r, struct str scope, struct resource_group **out,
                                 size_t *n);
/* May this client introspect tokens for one of the audiences in `claims` (RFC 7662 section 2.1)? */
CHECKED enum err resource_may_introspect(struct req *r, struct str client_id, const json_t *claims,
                                         bool *out);

#endif
