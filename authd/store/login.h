/* Authorization requests and logins in progress.  Transitions (any other is ERR_CONFLICT):
 *   login -> consent | done | refused;  select -> login | consent | done | refused;  consent ->
 * done | refused */
#ifndef STORE_LOGIN_H
#define STORE_LOGIN_H
#include "signer/handle.h"
#include "store/audit.h"

struct request_row {
    struct uuid id;
    uint16_t bucket;
    struct str client_id;
    bool pushed, used;
    struct str parameters; /* JSON, as validated by oidc/authorize_request.c */
    int64_t created_at, expires_at;
};
/* A pushed request (asynchronous durability).  The handle is what request_uri carries. */
CHECKED enum err store_request_push(struct task *t, struct pg *db, const struct handle *h,
                                    struct str client_id, struct str parameters,
                                    int64_t lifetime_s);
/* ERR_NOT_FOUND, ERR_EXPIRED.  A used one is given with used = true. */
CHECKED enum err store_request_find(struct task *t, struct pg *db, const struct handle *h,
                                    struct request_row *out);

enum login_state { LOGIN_LOGIN, LOGIN_SELECT, LOGIN_CONSENT, LOGIN_DONE, LOGIN_REFUSED };
struct login_row {
    struct uuid id;
    uint16_t bucket;
    enum login_state state;
    struct sha256 browser;      /* of the browser cookie it belongs to */
    struct request_row request; /* with parameters */
    struct str client_id;
    bool has_session; /* a session was made or chosen for it */
    uint16_t session_bucket;
    struct uuid session_id;
    int64_t authenticated_at; /* 0: nobody has logged in for this very request */
    int64_t expires_at;
};
/* Starts a login.  pushed: the pushed request it consumes (ERR_CONFLICT when used already), else
 * NULL and a request row is written with `parameters`.  The bucket of the pushed request's handle
 * must be h's. */
CHECKED enum err store_login_create(struct task *t, struct pg *db, const struct handle *h,
                                    const struct sha256 *browser, const struct handle *pushed,
                                    struct str client_id, struct str parameters,
                                    enum login_state state, int64_t lifetime_s);
CHECKED enum err store_login_find(struct task *t, struct pg *db, const struct handle *h,
                                  struct login_row *out); /* ERR_NOT_FOUND, ERR_EXPIRED */
/* Moves on; ERR_CONFLICT when its state is not one from which `to` may follow. */
CHECKED enum err store_login_move(struct task *t, struct pg *db, const struct login_row *login,
                                  enum login_state to, const struct audit *audit /* or NULL */);
/* Remembers the session that answers this request (chosen or just made). */
CHECKED enum err store_login_attach(struct task *t, struct pg *db, const struct login_row *login,
                                    uint16_t session_bucket, const struct uuid *session,
                                    bool authenticated_now);
#endif
