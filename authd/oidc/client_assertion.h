/* private_key_jwt: RFC 7523 section 3, OpenID Connect Core section 9, FAPI 2.0.  Pure: the time is
 * an argument; that a jti is used once is the caller's business. */
#ifndef OIDC_CLIENT_ASSERTION_H
#define OIDC_CLIENT_ASSERTION_H
#include "oidc/fail.h"
#include "registration/client.h"

#define ASSERTION_LIFE_MAX_S 3600
#define ASSERTION_SKEW_S 10 /* FAPI 2.0 section 5.3.2.1: clocks up to 10 s ahead are accepted */

struct assertion {
    struct str client_id, jti;
    int64_t expires_at;
};
enum refusal assertion_check(struct arena *a, const struct client *c, struct str text,
                             const struct str *audiences, size_t n_audiences, int64_t now,
                             struct assertion *out);

#endif
