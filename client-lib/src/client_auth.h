/* How this client proves who it is to the provider's endpoints. */
#ifndef LIBEID_CLIENT_AUTH_H
#define LIBEID_CLIENT_AUTH_H
#include "libeid/state.h"

/* "client_secret_basic", "client_secret_post", "private_key_jwt" or "none"; NULL: not one of them.
 */
bool client_auth_is_method(const char *name);
/* Would it work with this provider?  For finding out at start. */
enum eid_code client_auth_check(struct work *w, struct eid_client *c);
/* Adds what the method wants to the form, or sets *authorization.  Metadata must be held already.
 * named: the form has client_id already, and parameters stand once (RFC 6749 section 3.1).  Never
 * weaker than what was configured: EID_NOT_OFFERED, EID_BAD_CONFIGURATION. */
enum eid_code client_auth_add(struct work *w, struct eid_client *c, bool named, struct buf *form,
                              const char **authorization);

#endif
