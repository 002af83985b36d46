/* Sessions in memory: who is logged in, found by a random cookie.  They end by time, by logout
 * here, and by the provider's back-channel logout.  The loop's thread only. */
#ifndef PORTAL_SESSION_H
#define PORTAL_SESSION_H
#include <stdbool.h>
#include <stdint.h>
#include "eid/eid.h"

#define SESSION_ID_TEXT 64 /* hexadecimal digits of 32 random bytes */
#define DRAFT_FIELDS 8
#define DRAFT_TEXT 400
#define FILED_MAX 20

struct filed {
    char receipt[32];
    char subject[DRAFT_TEXT]; /* what it is about, as the person wrote it */
    int64_t at;
};

struct session {
    char id[SESSION_ID_TEXT + 1];
    char csrf[SESSION_ID_TEXT + 1];
    struct eid_identity *identity; /* owned */
    int64_t begun_at_s;            /* monotonic */
    int64_t seen_at_s;
    /* the application being written */
    char draft[DRAFT_FIELDS][DRAFT_TEXT];
    bool complete;                      /* the draft passed its checks */
    char draft_id[SESSION_ID_TEXT + 1]; /* so that it is filed once, however often it is sent */
    bool confirmed;                     /* logged in again in order to submit it */
    /* a demand of the API for submitting (RFC 9470), 0 and "" without one */
    long demand_max_age_s;
    char demand_acr[256];
    /* submitted during this session */
    struct filed filed[FILED_MAX];
    size_t n_filed;
};

/* Takes the identity over.  before: the session that this browser had, or NULL; it ends, and its
 * work goes on when it is the same person's.  NULL: too many sessions, or no memory; then the
 * identity stays the caller's. */
struct session *session_begin(struct eid_identity *identity, struct session *before);
/* NULL when there is none or it has ended.  Touches it. */
struct session *session_find(const char *id);
/* Has the person just logged in in order to submit?  For as long as reading and pressing takes: who
 * finds the browser open later is somebody else. */
bool session_is_confirmed(const struct session *s);
void session_end(struct session *s); /* NULL is fine */
/* Ends those of a provider's session, or without sid all of a subject.  How many ended. */
unsigned session_end_matching(const char *subject, const char *sid);
void session_end_all(void);
/* Remembers what was submitted; the oldest makes room. */
void session_add_filed(struct session *s, const char *receipt, const char *subject);
bool same_secret(const char *a, const char *b);
bool random_text(char out[SESSION_ID_TEXT + 1]);

#endif
