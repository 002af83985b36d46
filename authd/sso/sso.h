/* What the web process knows about the browser in front of it: its session cookie, the cookie that
 * binds a login in progress to this browser, and the public keys it works with.  authn makes
 * sessions, oidc uses them; both see only this. */
#ifndef SSO_SSO_H
#define SSO_SSO_H
#include "http/request.h"
#include "peer/verifier_client.h"
#include "process/app.h"
#include "jose/jwks.h"
#include "signer/handle.h"
#include "signer/protocol.h"
#include "store/login.h"
#include "store/session.h"

struct app *app_of(const struct req *r);

/* The key set as the signers last gave it: at most one second old while they answer, the last one
 * known otherwise (JWKS and discovery outlive the database). */
struct app_keys {
    struct signer_key_set set;
    const struct jwks *jwks; /* parsed, for verifying our own tokens */
    const struct jwks
        *retired; /* parsed set.retired_jwks: for id_token_hint only, which may be old */
    uint8_t handle_key[32];
    uint64_t number; /* no other set this process ever had has it */
};
CHECKED enum err app_keys(struct task *t, struct app *app, const struct app_keys **out);
/* For who met a `kid` that `had` doesn't know: a set no older than the database's at this moment,
 * or `had` when it is that.  The key may be an instant old, and another node's.  Waits for the
 * signers to be brought it; ERR_UNAVAILABLE when that takes long or the database is away: nobody
 * knows then. */
CHECKED enum err app_keys_of_now(struct task *t, struct app *app, const struct app_keys *had,
                                 const struct app_keys **out);

/* The session the browser's cookie names, if it lives.  ERR_NOT_FOUND when there is none.
 * `secret` is the cookie's secret: what goes to the signer together with the session's proof. */
struct sso {
    struct session_row row;
    struct handle handle;
    struct str secret; /* 32 bytes */
};
CHECKED enum err sso_find(struct req *r, struct sso *out);
/* The same, and what the person has agreed to for the client (store_session_find). */
CHECKED enum err sso_find_agreed(struct req *r, struct str client_id, struct sso *out,
                                 struct consent_row *consent);
void sso_set_cookie(struct req *r, const struct handle *h); /* name "sso" */
void sso_clear_cookie(struct req *r);

/* A session begins.  Ends the browser's old one if it was somebody else's, writes the row, attaches
 * it to a login in progress, sets the cookie.  ERR_CONFLICT as store_session_create. */
struct sso_beginning {
    const struct verifier_answer *proved;
    const uint8_t *secret; /* HANDLE_SECRET bytes, whose hash the proof names */
    int64_t expires_at;
    const struct sso *old;         /* or NULL */
    const struct login_row *login; /* or NULL */
    struct str client_id, ground;  /* for the audit */
};
CHECKED enum err sso_begin(struct req *r, const struct sso_beginning *b);

/* The last digits of the number with which the present session began, kept in this browser only, so
 * that the person can tell which account it is without anything being opened.  STR_NONE when not
 * known. */
#define SSO_NUMBER_END 3
void sso_account_remember(struct req *r, struct str number_end);
struct str sso_account(const struct req *r);

/* Random value that binds logins in progress to this browser (cookie "browser", SameSite=Lax):
 * reads it or makes one and sets the cookie.  hash: SHA-256 of it, as stored in the login row. */
CHECKED enum err sso_browser(struct req *r, bool make, struct sha256 *hash); /* ERR_DENIED: none */
/* CSRF token of a form: HMAC of its purpose under the browser cookie; and its check (constant
 * time). */
CHECKED enum err sso_csrf(struct req *r, struct str purpose, struct str *out);
CHECKED enum err sso_csrf_check(struct req *r, struct str purpose, struct str token);

/* An audit entry with request id and sealed client address filled in. */
struct audit sso_audit(struct req *r, enum audit_event e);
/* The client's address as a sealed box; STR_NONE while no key set is known. */
struct str sso_address_sealed(struct req *r);
#endif
