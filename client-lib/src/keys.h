/* The provider's public keys: plain (jwks_uri) or signed by the pinned root (signed_jwks_uri). */
#ifndef LIBEID_KEYS_H
#define LIBEID_KEYS_H
#include "libeid/state.h"

struct key_set {
    struct snapshot shared; /* first */
    struct jwks *keys;
    char *text;          /* as fetched, for the cache file */
    int64_t issued_at_s; /* of a signed set, 0 for a plain one */
    int64_t fetched_at_s;
    int64_t max_age_s;
};

/* Reads a key set in the form this handle wants.  EID_KEYS_FORGED, EID_BAD_ANSWER.  One reference.
 */
enum eid_code key_set_parse(struct work *w, const struct eid_client *c, struct str text,
                            int64_t fetched_at_s, int64_t max_age_s, struct key_set **out);
/* Lent to the end of the call.  newer: a key was not found in the set at hand.  EID_WAITING. */
enum eid_code keys_lease(struct work *w, struct eid_client *c, bool newer, struct key_set **out);

#endif
