/* Our own ID tokens coming back as id_token_hint (OpenID Connect Core section 3.1.2.1, RP-Initiated
 * Logout section 2).  They may have expired, and the key may be retired; the signature must verify
 * all the same. */
#ifndef OIDC_HINT_H
#define OIDC_HINT_H
#include "http/request.h"

struct hint {
    struct str sub, sid, client_id; /* client_id: its audience */
};
/* ERR_DENIED for anything that is not an ID token of ours for exactly one client. */
CHECKED enum err hint_read(struct req *r, struct str token, struct hint *out);

#endif
