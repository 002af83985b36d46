/* What the files of this room share. */
#ifndef SANDBOX_ROOM_H
#define SANDBOX_ROOM_H
#include "fixture/faults.h"
#include "http/request.h"
#include "sso/sso.h"

/* client.c: who asks, by what the request claims; unproven, good enough to choose whose fault it
 * is. STR_NONE: cannot be told. */
struct str client_claimed(struct req *r);
/* Whose code an answer's redirect carries; STR_NONE.  Waits. */
struct str client_of_redirect(struct req *r);

/* What was ordered and is due for this request. */
struct due {
    const struct fault *fault; /* NULL: nothing */
    int64_t amount;
};
/* before.c: makes it come true before the handler runs.  *answered: the handler must not run any
 * more. */
CHECKED enum err before_handler(struct req *r, const struct due *due, bool *answered);
/* The same for faults of the authorization endpoint that need its answer: whoever would go on to
 * log in is sent back. */
CHECKED enum err before_login(struct req *r, const struct due *due);
/* answer.c: in the answer that the handler gave.  *done: it could. */
CHECKED enum err answer_spoil(struct req *r, const struct due *due, bool *done);

/* The value of a parameter of the answer's Location; STR_NONE. */
struct str location_param(struct req *r, const char *name);
struct header *location_of(struct req *r);

/* page.c */
enum err sandbox_page(struct req *r);
/* clock.c: GET /sandbox/clock, for tests of portals that want to follow. */
enum err sandbox_clock(struct req *r);

#endif
