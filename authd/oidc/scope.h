/* Scopes: lists of words, OpenID's own and those of resource servers.  Pure. */
#ifndef OIDC_SCOPE_H
#define OIDC_SCOPE_H
#include "base/arena.h"
#include "registration/client.h"

/* Scopes of this provider, by what they release (docs/claims.md). */
extern const char *const SCOPES_OF_PEOPLE[]; /* ends with NULL */

/* Of `asked`, what the client is registered for, each once, in the order asked.  Unknown words are
 * left out (OpenID Core section 3.1.2.1: scope values not understood SHOULD be ignored). */
struct str scope_allowed(struct arena *a, const struct client *c, struct str asked);
bool scope_is_of_people(struct str word);
/* Every word of `part` in `whole`? */
bool scope_within(struct str part, struct str whole);
/* `scope` without one word. */
struct str scope_without(struct arena *a, struct str scope, struct str word);
/* The words of both, each once. */
struct str scope_union(struct arena *a, struct str one, struct str other);
/* What a client may have that asks for itself (client_credentials): its registered scopes that are
 * not of people.  asked: STR_NONE for all.  false when something asked is not among them. */
bool scope_of_client(struct arena *a, const struct client *c, struct str asked, struct str *out);

#endif
