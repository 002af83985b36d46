/* Keys that clients publish at their jwks_uri.  The rows follow the registrations (migration 0008);
 * web processes read them and wish for newer ones, the courier fetches. */
#ifndef STORE_CLIENT_KEYS_H
#define STORE_CLIENT_KEYS_H
#include "store/audit.h"

/* web */
struct client_keys_row {
    struct str jwks; /* JSON; absent: never fetched */
    bool settled;    /* nobody has wished for newer ones since */
};
/* ERR_NOT_FOUND: the client has no jwks_uri. */
CHECKED enum err store_client_keys_find(struct task *t, struct pg *db, struct str client_id,
                                        struct client_keys_row *out);
/* Wishes for newer ones, at most once in cooldown_s. */
CHECKED enum err store_client_keys_want(struct task *t, struct pg *db, struct str client_id,
                                        int64_t cooldown_s);

/* courier */
struct client_keys_due {
    struct str client_id, uri;
    struct str jwks;   /* those at hand, or absent */
    uint32_t failures; /* since the last success */
};
/* Claims what is due or wished for, for lease_s seconds (FOR UPDATE SKIP LOCKED). */
CHECKED enum err store_client_keys_claim(struct task *t, struct pg *db, size_t limit,
                                         int64_t lease_s, struct client_keys_due **out, size_t *n);
/* The end of an attempt.  jwks absent: it failed with `error`, and the keys at hand stay.  Fetched
 * again after delay_s.  ERR_NOT_FOUND: another address is registered by now.  audit: or NULL. */
CHECKED enum err store_client_keys_settle(struct task *t, struct pg *db,
                                          const struct client_keys_due *due, struct str jwks,
                                          struct str error, int64_t delay_s,
                                          const struct audit *audit);
/* Seconds until the next is due, at most `max`. */
CHECKED enum err store_client_keys_next(struct task *t, struct pg *db, int64_t max,
                                        int64_t *seconds);
#endif
