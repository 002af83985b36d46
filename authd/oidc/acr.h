/* Assurance: account level (0 none, 1, 2) and authentication level (1..4) are two dimensions, and
 * an authentication context class names a floor in each:  urn:authd:acr:<account>:<authentication>.
 * Pure.
 *
 * A context class is met when both levels are at least its own.  A token's acr tells the levels
 * that were really reached. */
#ifndef OIDC_ACR_H
#define OIDC_ACR_H
#include "base/arena.h"
#include "base/json.h"

struct levels {
    uint8_t account;
    uint8_t authentication;
};

/* The strongest authentication that the authenticators of this build can reach. */
#define ACR_AUTHENTICATION_REACHABLE 1

/* false for anything but one of ours. */
bool acr_read(struct str text, struct levels *out);
struct str acr_text(struct arena *a, struct levels l);
bool levels_meet(struct levels have, struct levels floor);
/* Do `have` meet one of the space separated context classes?  Words that are not ours are never
 * met. */
bool acr_meets_one(struct levels have, struct str values);
/* Could a stronger login as the same person meet one of them, as far as this build can log in? */
bool acr_login_could_meet(struct levels have, struct str values);
/* All context classes of this build, for discovery: a new reference. */
json_t *acr_supported(struct arena *a);

#endif
