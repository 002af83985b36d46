/* The claims parameter (OpenID Connect Core section 5.5) and the claims there are.  Pure.
 *
 * Of what is asked, only what exists and what the client is registered for (through the scope a
 * claim belongs to) is kept; the rest is left out, as section 5.5.1 wants even for essential
 * claims.  sub and acr are demands on the login, not data, and are kept apart. */
#ifndef OIDC_CLAIMS_H
#define OIDC_CLAIMS_H
#include "base/json.h"
#include "oidc/fail.h"
#include "registration/client.h"

#define CLAIMS_PARAMETER_MAX 8192

struct claim {
    const char *name;
    const char *scope; /* that releases it */
};
/* All claims about people; ends with a NULL name.  docs/claims.md */
extern const struct claim CLAIMS_OF_PEOPLE[];

struct claims_request {
    struct str kept; /* {"id_token":[names],"userinfo":[names]}; STR_NONE when nothing is */
    struct str sub;  /* the person asked for; STR_NONE */
    struct str acr_essential; /* context classes, one of which must be met; STR_NONE */
    struct str acr_voluntary;
};
/* text: the parameter, or STR_NONE. */
enum refusal claims_read(struct arena *a, const struct client *c, struct str text,
                         struct claims_request *out);
/* What the person agrees to, line by line: the scopes that release data, then claims asked for one
 * by one that no scope covers.  Keys of the texts "claim.<key>". */
void claims_shown(struct arena *a, struct str scope, struct str kept, struct words *out);
/* The names in `kept`, each once, as a JSON array for the consent row; "[]" when none. */
struct str claims_names(struct arena *a, struct str kept);
/* Is every name of the JSON array `names` in the JSON array `within`? */
bool claims_within(struct arena *a, struct str names, struct str within);
/* Both arrays as one, each name once. */
struct str claims_union(struct arena *a, struct str one, struct str other);

#endif
