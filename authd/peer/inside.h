/* What call.c and peer.c share: a call is in exactly one list, waiting for any member, unsent at a
 * member, or sent to it. */
#ifndef PEER_INSIDE_H
#define PEER_INSIDE_H
#include <sys/queue.h>

#include "peer/peer.h"

struct call {
    TAILQ_ENTRY(call) link;
    struct peer *peer;
    struct call_list *list; /* where it is; NULL once finished */
    struct member *member;  /* NULL while waiting for any */
    struct task *task;
    bool pinned;  /* to this member only */
    bool counted; /* among those in flight */
    int losses;
    struct message request;
    enum err status;
    struct str answer; /* malloc'ed */
};
TAILQ_HEAD(call_list, call);

struct member {
    struct peer *peer;
    int fd; /* -1: gone, the parent will bring another */
    struct event *readable, *writable;
    struct call_list unsent, sent;
    size_t in_flight;
    size_t held; /* given and not yet answered, also when nobody waits for the answer any more */
};

struct peer {
    struct loop *loop;
    const char *name;
    uint64_t next_call;
    size_t in_flight;
    size_t gather; /* how much busier than the others who had the last call may be */
    size_t window; /* most calls a member holds at a time; 0: no limit */
    /* how fast answers come, measured while calls are in flight */
    int64_t measured_from_us, answered_us, per_call_us;
    size_t measured;
    struct call_list waiting;
    struct arena *frame; /* of the frame being written */
    void *received;      /* FRAME_MAX bytes */
    size_t n, turn;      /* members, and where to begin to look for the least busy */
    struct member members[];
};

/* call.c: to the end of another list; NULL: to none. */
void call_move(struct call *c, struct call_list *to);
/* Gives the task its answer, copied; the call is in no list afterwards. */
void call_finish(struct call *c, enum err status, struct str payload);

/* peer.c: to this member, or to the best there is. */
void call_give(struct call *c, struct member *m);
void call_assign(struct call *c);
/* A call has left this member, answered or not: what waited for the last of its frame goes now. */
void member_sent_left(struct member *m);

#endif
