/* The handle: one per provider and registration, for the life of the process.
 *
 * Configure it in one thread; afterwards every other call may be made from several threads at once.
 * The library has no global state, prints nothing and never exits.  Texts are UTF-8; what is handed
 * over is copied.  Calls may wait for the provider where their header says so, at most
 * EID_TIMEOUT_MS for each request they need. */
#ifndef EID_CLIENT_H
#define EID_CLIENT_H
#include "eid/error.h"
#include "eid/transport.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eid_client;

/* issuer: the provider's identifier, exactly as it writes itself.  client_secret: NULL for public
 * clients. redirect_uri: exactly as registered; NULL when the handle only verifies tokens.  Does
 * not wait. */
EID_API enum eid_code eid_client_new(const char *issuer, const char *client_id,
                                     const char *client_secret, const char *redirect_uri,
                                     struct eid_client **out, struct eid_error *err);
/* NULL is fine.  No call may be under way. */
EID_API void eid_client_free(struct eid_client *client);

enum eid_option {
    EID_CA_FILE = 1,         /* PEM file of trusted authorities; default: the system's */
    EID_SCOPE = 2,           /* default "openid" */
    EID_ACR_VALUES = 3,      /* asked for when a login names none (a wish, not a floor) */
    EID_UI_LOCALES = 4,      /* "vi", "en vi", …; default: none */
    EID_POST_LOGOUT_URI = 5, /* where the provider sends the browser after logout */
    EID_CACHE_FILE = 6,      /* metadata and keys are kept there, to survive a restart offline */
    /* "private_key_jwt" (default with a key), "client_secret_basic" (default with a secret),
     * "client_secret_post", "none"; unset: by what was given, never weaker */
    EID_TOKEN_AUTH = 7,
    EID_ID_TOKEN_ALG = 8, /* "ES256" (default), "EdDSA", "PS256", "RS256": as registered */
    EID_TIMEOUT_MS = 20,  /* of one request; default 10000 */
    EID_SKEW_S = 21,      /* tolerated difference of clocks; default 30 */
    /* an unknown key makes us fetch the key set at most this often; default 30 */
    EID_COOLDOWN_S = 22,
    /* stale keys serve this long while the provider is away; default 86400 */
    EID_OFFLINE_GRACE_S = 23,
    EID_LOGIN_LIFETIME_S = 24, /* from begin to finish; default 900 */
    /* Pushed authorization requests (RFC 9126): "auto" (default: where the provider offers them),
     * "on" (EID_NOT_OFFERED elsewhere), "off" (unless the provider requires them) */
    EID_PAR = 25,
    EID_USERINFO = 26, /* 1: ask userinfo at the end of a login; default 0 */
    /* Tokens bound to a key of ours (RFC 9449): "auto" (default: where the metadata offers it with
     * an algorithm of ours), "on" (EID_NOT_OFFERED elsewhere), "off": for a provider that
     * advertises DPoP but refuses it to this client, or when other services we call take bearer
     * tokens only. Asked for, a bearer token is refused. */
    EID_DPOP = 27
};
/* Numbers as decimal text: eid_client_set(c, EID_SKEW_S, "60", &err).  NULL restores the default.
 */
EID_API enum eid_code eid_client_set(struct eid_client *client, enum eid_option option,
                                     const char *value, struct eid_error *err);
/* The key transactions are sealed with.  Give the same 32 bytes to all machines of a farm; without
 * it the handle makes a random one, and a login must end where it began. */
EID_API enum eid_code eid_client_set_transaction_key(struct eid_client *client,
                                                     const unsigned char key[32],
                                                     struct eid_error *err);
/* The key that was used before: logins begun under it still finish.  To turn over on a farm: give
 * all machines the new key as previous, then make it the key and the old one previous. */
EID_API enum eid_code eid_client_set_previous_transaction_key(struct eid_client *client,
                                                              const unsigned char key[32],
                                                              struct eid_error *err);
/* The provider's root key as JWK, or several as a JWK Set: while a root is followed by another,
 * both. From then on keys are taken from its signed key set only, signed by one of them.  Replaces
 * what was pinned before; EID_BAD_ARGUMENT when a key of it is malformed, private or weak. */
EID_API enum eid_code eid_client_pin_root(struct eid_client *client, const char *jwk,
                                          struct eid_error *err);
EID_API void eid_client_set_transport(struct eid_client *client, eid_transport_fn *transport,
                                      void *arg);
/* Fetches metadata and keys now, so that the first login need not wait and mistakes show at start.
 * Waits. */
EID_API enum eid_code eid_client_prepare(struct eid_client *client, struct eid_error *err);

/* Gives back any text this library handed over as char *.  Wipes it.  NULL is fine. */
EID_API void eid_text_free(char *text);
EID_API const char *eid_version(void);

#ifdef __cplusplus
}
#endif
#endif
