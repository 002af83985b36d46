/* The handle's inside: options, fixed after configuration, and two slots of shared snapshots. */
#ifndef LIBEID_STATE_H
#define LIBEID_STATE_H
#include "base/hash.h"
#include "eid/client.h"
#include "jose/jwks.h"
#include "libeid/slot.h"
#include "libeid/work.h"

#define TRANSACTION_KEY 32

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
    char *token_auth;
    enum alg id_token_alg;
    int64_t timeout_ms;
    int64_t skew_s;
    int64_t cooldown_s;
    int64_t offline_grace_s;
    int64_t login_lifetime_s;
    bool par;
    bool userinfo;
    unsigned char transaction_key[TRANSACTION_KEY];
    struct jwk *root; /* pinned; NULL: keys come from jwks_uri */
    eid_transport_fn *transport;
    void *transport_arg;

    struct slots slots; /* metadata and keys */
};

#endif
