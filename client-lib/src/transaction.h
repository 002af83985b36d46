/* What a login must remember between begin and finish, sealed, so that no server has to: a farm can
 * keep it in the browser's cookie. */
#ifndef LIBEID_TRANSACTION_H
#define LIBEID_TRANSACTION_H
#include "libeid/state.h"

#define TRANSACTION_MAX 3500 /* a browser keeps cookies of 4,096 bytes with their attributes */

struct transaction {
    struct str state;
    struct str nonce;
    struct str verifier; /* PKCE */
    struct str memo;     /* STR_NONE: none */
    struct str required; /* claims, separated by spaces; STR_NONE: none */
    int64_t begun_at;
    int64_t max_age_s;            /* 0: none */
    int64_t account_level;        /* floor; 0: none */
    int64_t authentication_level; /* floor; 0: none */
    size_t generation;            /* of the key it was sealed with; set by opening */
};

/* Sealed under the handle's key (sealed.h), bound to issuer, client and redirect URI; base64url. */
enum eid_code transaction_seal(struct work *w, const struct eid_client *c,
                               const struct transaction *t, struct str *out);
/* EID_TRANSACTION_FORGED, EID_LOGIN_EXPIRED. */
enum eid_code transaction_open(struct work *w, const struct eid_client *c, struct str sealed,
                               struct transaction *out);

#endif
