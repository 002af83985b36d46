/* Rows to begin with: people, clients, sessions, grants. */
#ifndef STORE_PEOPLE_H
#define STORE_PEOPLE_H
#include "store/grant.h"
#include "store/identity.h"
#include "store/session.h"

/* An active person; the whole of store_identity_add. */
CHECKED enum err person_add(struct task *t, struct uuid *out);
/* A client with a back-channel logout URI if wanted. */
CHECKED enum err client_add(struct task *t, struct str id, bool wants_logout);
CHECKED enum err session_add(struct task *t, const struct uuid *person, struct handle *h,
                             struct session_row *out);
/* A grant of the session with a code. */
CHECKED enum err grant_add(struct task *t, const struct session_row *s, struct str client,
                           bool offline, struct handle *code, struct grant_row *out);
/* … and redeemed for a first refresh token. */
CHECKED enum err refresh_add(struct task *t, const struct session_row *s, struct str client,
                             struct handle *refresh, struct grant_row *out);
CHECKED enum err rotate(struct task *t, const struct handle *old, struct handle *successor,
                        int64_t grace_s);
struct str random_name(struct task *t, const char *prefix);
#endif
