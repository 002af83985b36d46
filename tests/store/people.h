/* Rows to begin with: people, clients, sessions, grants. */
#ifndef STORE_PEOPLE_H
#define STORE_PEOPLE_H
#include "store/credential.h"
#include "store/grant.h"
#include "store/identity.h"
#include "store/session.h"

/* An active person; the whole of store_identity_add. */
CHECKED enum err person_add(struct task *t, struct uuid *out);
/* A client with a back-channel logout URI if wanted. */
CHECKED enum err client_add(struct task *t, struct str id, bool wants_logout);
CHECKED enum err session_add(struct task *t, const struct uuid *person, struct handle *h,
                             struct session_row *out);
/* store_session_find, when nobody asks what was agreed to. */
CHECKED enum err session_find(struct task *t, struct pg *db, const struct handle *h, int64_t idle_s,
                              struct session_row *out);
/* The generation of the person's logins now; a session of one that was judged by that one. */
uint32_t generation_of(struct task *t, const struct uuid *person);
CHECKED enum err session_judged(struct task *t, const struct uuid *person, uint32_t generation,
                                struct handle *h, struct session_row *out);
/* A grant of the session with a code, and consent given with it. */
CHECKED enum err grant_add(struct task *t, const struct session_row *s, struct str client,
                           bool offline, struct handle *code, struct grant_row *out);
/* … or resting on a consent of before. */
CHECKED enum err grant_resting(struct task *t, const struct session_row *s, struct str client,
                               bool offline, const struct uuid *consent_id, struct handle *code,
                               struct grant_row *out);
/* … and redeemed for a first refresh token. */
CHECKED enum err refresh_add(struct task *t, const struct session_row *s, struct str client,
                             struct handle *refresh, struct grant_row *out);
CHECKED enum err rotate(struct task *t, const struct handle *old, struct handle *successor,
                        int64_t grace_s);
/* A verifier's connection, which blocks. */
CHECKED enum err vault_open(struct vault **out);
struct str random_name(struct task *t, const char *prefix);

/* The world of cmocka's group with somebody in it: a client, and a person who is logged in there.
 */
extern const struct str CLIENT; /* "portal"; wants to hear of logouts */
extern struct logged_in {
    struct uuid person;
    struct handle cookie;
    struct session_row session;
} logged_in;
int open_with_session(void **state);
/* A grant of the one who is logged in, to be revoked while something goes wrong. */
struct revocation {
    struct uuid grant;
    uint16_t bucket;
    enum err result;
    bool done;
};
struct revocation new_grant(void);
void grant_end(struct task *t, void *arg);          /* a task's function: of a struct revocation */
const char *entries_of(const struct revocation *r); /* in the audit: how many */
/* The world with two clients: TOLD wants to hear of logouts, SILENT doesn't. */
extern const struct str TOLD, SILENT;
int open_with_clients(void **state);

#endif
