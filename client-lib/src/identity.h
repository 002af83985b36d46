/* Inside of an identity. */
#ifndef LIBEID_IDENTITY_H
#define LIBEID_IDENTITY_H
#include "eid/identity.h"
#include "libeid/own_key.h"
#include "libeid/state.h"

struct eid_identity {
    json_t *texts; /* see claims.h */
    char *memo;
    char *id_token;
    char *access_token;
    char *refresh_token;
    char *scope;
    char bound[THUMBPRINT_SIZE + 1]; /* of the DPoP key the tokens belong to; "": bearer */
    int64_t expires_at;
    int account_level;
    int authentication_level;
};

/* The tokens of one answer of the token endpoint. */
struct tokens {
    struct str id_token;
    struct str access_token;
    struct str refresh_token;
    struct str scope;
    const struct own_key *bound; /* NULL: bearer tokens */
    int64_t expires_at;
};

/* texts: of verified claims (claims_texts); a reference is taken, and they are wiped with the
 * identity.  memo may be STR_NONE.  EID_NO_MEMORY. */
enum eid_code identity_make(struct work *w, json_t *texts, const struct tokens *tokens,
                            struct str memo, struct eid_identity **out);

#endif
