/* Login: OpenID Connect Core with the authorization code flow and PKCE (RFC 7636, RFC 9700).
 *
 *   eid_login_begin    gives a URL to send the browser to, and a transaction to keep with the
 * browser eid_login_finish   takes what the browser brought back, and the transaction
 *
 * The transaction is sealed and fits a cookie (HttpOnly, Secure, SameSite=Lax, short-lived), so
 * that no server has to remember it: any machine with the same eid_client_set_transaction_key
 * finishes the login.  State, nonce, PKCE, pushing the request, binding the tokens to a key, issuer
 * and every check of the ID token are the library's business. */
#ifndef EID_LOGIN_H
#define EID_LOGIN_H
#include <stddef.h>
#include "eid/client.h"
#include "eid/identity.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eid_login;

/* What one login asks for; set size to sizeof(struct eid_login_ask) and leave the rest zero. */
struct eid_login_ask {
    size_t size;
    const char *scope;      /* NULL: the handle's */
    const char *acr_values; /* NULL: the handle's */
    const char *ui_locales; /* NULL: the handle's */
    const char *login_hint;
    const char *prompt;   /* "none", "login", "consent", "select_account" */
    const char *required; /* claims that must be released, separated by spaces */
    const char *memo; /* the caller's own text, sealed in the transaction: see eid_identity_memo;
                       * about 2,000 bytes fit */
    int min_account_level;        /* floor 1 or 2; 0: none.  Asked for and checked */
    int min_authentication_level; /* floor 1 to 4; 0: none.  Asked for and checked */
    long max_age_s; /* > 0: the person must have logged in within this time; checked */
};

/* ask may be NULL.  Waits when metadata is not known yet, and for a pushed request. */
EID_API enum eid_code eid_login_begin(struct eid_client *client, const struct eid_login_ask *ask,
                                      struct eid_login **out, struct eid_error *err);
EID_API const char *eid_login_url(const struct eid_login *login);
EID_API const char *eid_login_transaction(const struct eid_login *login);
EID_API void eid_login_free(struct eid_login *login);

/* callback: the URL the browser came back with, or only its query.  Waits for the provider.  A code
 * works once: don't repeat a call that failed, begin again. */
EID_API enum eid_code eid_login_finish(struct eid_client *client, const char *callback,
                                       const char *transaction, struct eid_identity **out,
                                       struct eid_error *err);

/* The URL that ends the session at the provider too (RP-Initiated Logout).  id_token: from the
 * login, may be NULL; state: comes back with the browser, may be NULL.  *out: eid_text_free.  Waits
 * when metadata is not known yet. */
EID_API enum eid_code eid_logout_url(struct eid_client *client, const char *id_token,
                                     const char *state, char **out, struct eid_error *err);

#ifdef __cplusplus
}
#endif
#endif
