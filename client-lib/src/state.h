/* The handle's inside: options, fixed after configuration, and what its calls share under one lock.
 */
#ifndef LIBEID_STATE_H
#define LIBEID_STATE_H
#include "base/hash.h"
#include "eid/client.h"
#include "jose/jwks.h"
#include "libeid/nonces.h"
#include "libeid/slot.h"
#include "libeid/work.h"

#define TRANSACTION_KEY 32
#define GENERATIONS 2 /* of transaction keys: now, and before */

enum mode { MODE_AUTO, MODE_ON, MODE_OFF };

/* What seals transactions, and the DPoP key that follows from it: whoever can finish a login can
 * prove what it was bound to. */
struct sealing {
    unsigned char key[TRANSACTION_KEY];
    struct own_key *dpop; /* NULL: this generation is not there */
};

struct eid_client {
    char *issuer;
    char *client_id;
    char *client_secret; /* NULL for public clients */
    char *redirect_uri;  /* NULL when the handle only verifies */
    char *ca_file;
    char *scope;
    char *acr_values;
    char *ui_locales;
    char *post_logout_uri;
    char *cache_file;
    char *token_auth; /* NULL: chosen by what is configured */
    enum alg id_token_alg;
    int64_t timeout_ms;
    int64_t skew_s;
    int64_t cooldown_s;
    int64_t offline_grace_s;
    int64_t login_lifetime_s;
    enum mode par;
    enum mode dpop;
    bool userinfo;
    struct sealing sealing[GENERATIONS];
    struct own_key *auth_key; /* for private_key_jwt; NULL: none */
    struct own_key *dpop_key; /* given; NULL: the derived ones */
    struct jwks *roots;       /* pinned; NULL: keys come from jwks_uri */
    eid_transport_fn *transport;
    void *transport_arg;

    struct slots slots; /* metadata and keys, and the lock of what follows */
    struct nonces nonces;
    int64_t ahead_s; /* our clock before the provider's, as last seen */
};

#endif
