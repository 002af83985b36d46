/* The claims parameter (OpenID Connect Core section 5.5) and the claims there are.  Pure.
 *
 * Of what is asked, only what exists and what the client is registered for (through the scope a
 * claim belongs to) is kept; the rest is left out, as section 5.5.1 wants even for essential
 * claims.  sub and acr are demands on the login, not data, and are kept apart. */
#ifndef OIDC_CLAIMS_H
#define OIDC_CLAIMS_H
#include "base/json.h"
#include "oidc/fail.h"
#include "registration/claim.h"
#include "registration/client.h"

#define CLAIMS_PARAMETER_MAX 8192

struct claims_request {
    /* {"id_token":[names],"userinfo":[names],"essential":[names],"voluntary":[names]}, the last two
     * only when not empty; STR_NONE when nothing is kept.  voluntary: those the service says it can
     * do without ("essential": false), not those it asks for in the default manner (null). */
    struct str kept;
    struct str sub;           /* the person asked for; STR_NONE */
    struct str acr_essential; /* context classes, one of which must be met; STR_NONE */
    struct str acr_voluntary;
};
/* text: the parameter, or STR_NONE. */
enum refusal claims_read(struct arena *a, const struct client *c, struct str text,
                         struct claims_request *out);
#endif
