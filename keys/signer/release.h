/* Which attributes of an identity a token or userinfo answer shows: the scopes' claims and those
 * asked for one by one (OpenID Connect Core 1.0 §5.4, §5.5).  docs/claims.md is this table in
 * words.  Pure. */
#ifndef SIGNER_RELEASE_H
#define SIGNER_RELEASE_H
#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* The granted claims: {"id_token":[names],"userinfo":[names],"left_out":[names]}; each member may
 * be missing, and all of it.  left_out: what the person declined; it is shown for no scope.
 * ERR_INPUT. */
CHECKED enum err release_check(struct arena *a, struct str claims);
/* Does it ask for anything in this part ("id_token", "userinfo")? */
bool release_asks(struct arena *a, struct str claims, const char *part);
/* Copies from `attributes` into `out` what the scope shows and `part` of claims asks for.  What the
 * identity does not have is left out; unknown names are passed over. */
void release_claims(struct arena *a, const json_t *attributes, struct str scope, struct str claims,
                    const char *part, json_t *out);

#endif
