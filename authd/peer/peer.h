/* Other processes as functions: a call is a message in a frame, an answer wakes the task.
 *
 * Calls of one loop turn leave in one frame.  When the other process dies, the parent sends a new
 * channel over the control socket and every call in flight is repeated once; a second loss gives
 * ERR_UNAVAILABLE.  All operations may therefore be repeated safely. */
#ifndef PEER_PEER_H
#define PEER_PEER_H
#include "proc/frame.h"
#include "task/task.h"

struct peer; /* a group of equal processes ("the signers"): calls go to the one with least in flight
              */

/* name: literal for the log ("signer"). */
CHECKED enum err peer_new(struct loop *l, const char *name, size_t members, struct peer **out);
/* Closes its channels.  No call may be in flight.  NULL is fine. */
void peer_free(struct peer *p);
/* Gives member i its channel, at start or after a restart. */
void peer_channel(struct peer *p, size_t i, int fd);
/* Waits for the answer.  A refusal comes back as the other side's enum err with its reason in
 * err_reason().  ERR_LIMIT at once when `queue_max` calls are in flight (0: no limit): admission
 * control. */
CHECKED enum err peer_call(struct task *t, struct peer *p, uint16_t op, struct str request,
                           size_t queue_max, struct str *answer);
/* n calls of one operation at once, spread over the members: they leave in as few frames as they
 * fit in and are answered in as few.  result[i] is what the call came to, answer[i] its answer when
 * that is OK. Returns the first result that is not OK, with its reason. */
CHECKED enum err peer_call_each(struct task *t, struct peer *p, uint16_t op,
                                const struct str *requests, size_t n, enum err *result,
                                struct str *answers);
/* Calls every member (key loading); OK when all answered OK. */
CHECKED enum err peer_call_all(struct task *t, struct peer *p, uint16_t op, struct str request);
/* Calls one member and no other; ERR_UNAVAILABLE at once while it has no channel. */
CHECKED enum err peer_call_member(struct task *t, struct peer *p, size_t i, uint16_t op,
                                  struct str request, struct str *answer);
size_t peer_members(const struct peer *p);
size_t peer_in_flight(const struct peer *p);
/* Calls that take no longer than waking a process go to the member that had the last one, beginning
 * with `first`, as long as it has less than n more in flight than the least busy: they leave in one
 * frame and are answered in one.  What comes while a member answers a frame leaves together when it
 * has answered.  0 (at first): always to the least busy, and at once. */
void peer_gather(struct peer *p, size_t n, size_t first);
/* Lets a member hold at most n calls; the others wait here, in the order they came, for the first
 * member that has room: a call whose task gives up is then never worked on, and a member that hangs
 * holds n calls and no more.  0 (at first): no limit. */
void peer_window(struct peer *p, size_t n);
/* How long a call that began now would wait for its answer, judged by how fast answers came while
 * calls were in flight, and by how long none has come. */
int64_t peer_wait_ms(const struct peer *p);

/* The serving side for processes with a loop (web answering admin): fn runs in a task and fills
 * *answer. */
typedef enum err peer_serve_fn(struct task *t, void *app, uint16_t op, struct str request,
                               struct str *answer);
void peer_serve(struct loop *l, int fd, peer_serve_fn *fn, void *app);

#endif
