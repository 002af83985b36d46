/* What a process with a loop tells about itself: the answers behind `authctl status` and `authctl
 * tasks`.
 *
 * The admin process asks every web process over their channel; the asked one passes the operation
 * to look_answer.  Nothing about a person is told: labels and request ids only. */
#ifndef PEER_LOOK_H
#define PEER_LOOK_H
#include "base/json.h"
#include "peer/peer.h"

enum look_op { LOOK_STATUS = 1, LOOK_TASKS };

/* The asked side, from its peer_serve_fn: *answer is JSON.  ERR_INPUT for another operation.  A
 * process adds what it knows about itself to `more` (an object, or NULL), which is merged into the
 * status. */
CHECKED enum err look_answer(struct task *t, struct loop *l, uint16_t op, const json_t *more,
                             struct str *answer);
/* [{"label":…,"doing":…,"age_ms":…,"request_id":…}] */
json_t *look_tasks(struct arena *a, struct loop *l);

/* The asking side: one member's answer.  Waits. */
CHECKED enum err ask_look(struct task *t, struct peer *p, size_t member, enum look_op op,
                          json_t **out);

#endif
