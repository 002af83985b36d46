/* Sessions in memory: who is logged in, found by a random cookie.  They end by time, by logout
 * here, and by the provider's back-channel logout. */
#ifndef PORTAL_SESSION_H
#define PORTAL_SESSION_H
#include <stdbool.h>
#include <stdint.h>
#include "eid/eid.h"

#define SESSION_ID_TEXT 64 /* hexadecimal digits of 32 random bytes */

struct session {
    char id[SESSION_ID_TEXT + 1];
    char csrf[SESSION_ID_TEXT + 1];
    struct eid_identity *identity; /* owned */
    int64_t begun_at_s;            /* monotonic */
    int64_t seen_at_s;
};

/* Takes the identity over.  NULL: too many sessions, or no memory; then the identity stays the
 * caller's. */
struct session *session_begin(struct eid_identity *identity);
/* NULL when there is none or it has ended.  Touches it. */
struct session *session_find(const char *id);
void session_end(struct session *s);
/* Ends those of a provider's session, or without sid all of a subject.  How many ended. */
unsigned session_end_matching(const char *subject, const char *sid);
void session_end_all(void);
/* Is this the first time we see this logout token?  Remembers it until it expires. */
bool logout_is_new(const char *jti, int64_t expires_at);
bool same_secret(const char *a, const char *b);

#endif
