/* The provider's metadata: OpenID Connect Discovery 1.0, RFC 8414. */
#ifndef LIBEID_PROVIDER_H
#define LIBEID_PROVIDER_H
#include "libeid/state.h"

struct provider {
    struct snapshot shared; /* first */
    struct arena *memory;
    struct str text; /* as fetched, for the cache file */
    const char *authorization_endpoint;
    const char *token_endpoint;
    const char *jwks_uri;
    /* NULL when not offered */
    const char *signed_jwks_uri;
    const char *userinfo_endpoint;
    const char *end_session_endpoint;
    const char *introspection_endpoint;
    const char *revocation_endpoint;
    const char *par_endpoint;
    bool par_required;
    /* lists as words; NULL: the member is absent */
    const char *auth_methods;
    const char *auth_algs;
    const char *dpop_algs;
    bool iss_in_answers; /* RFC 9207: every answer carries iss */
};

/* Judges metadata.  EID_BAD_METADATA, EID_ISSUER_MISMATCH.  *out has one reference, no lifetime
 * yet. */
enum eid_code provider_parse(struct work *w, const char *issuer, struct str text,
                             struct provider **out);
void provider_set_life(struct provider *p, int64_t now_s, int64_t max_age_s);

/* Lent to the end of the call.  EID_WAITING when unknown or stale. */
enum eid_code provider_lease(struct work *w, struct eid_client *c, struct provider **out);

#endif
