/* Operations: a call's frame that outlives the function, driven by the caller's event loop. */
#ifndef LIBEID_OPERATION_H
#define LIBEID_OPERATION_H
#include "eid/operation.h"
#include "libeid/state.h"

/* What a call makes.  Bodies put it into their own struct, which begins with this one. */
struct made {
    struct eid_login *login;
    struct eid_identity *identity;
    struct eid_token *token;
    struct eid_logout *logout;
    char *text;
};
void made_free(struct made *m);

struct operation_kind {
    work_fn *body;
    /* A copy of the call's arguments in the arena, as the body's own struct, which begins with
     * struct made; NULL: the call has none. */
    struct made *(*copy)(struct arena *a, const void *arguments);
};

enum eid_code operation_start(struct eid_client *client, const struct operation_kind *kind,
                              const void *arguments, struct eid_operation **out,
                              struct eid_error *err);
/* NULL stays NULL. */
const char *operation_text(struct arena *a, const char *text);

#endif
