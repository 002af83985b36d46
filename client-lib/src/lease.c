/* See lease.h. */
#include "libeid/lease.h"

struct lease {
    struct eid_client *client;
    struct snapshot *snapshot;
};

static void give_back(void *arg)
{
    struct lease *l = arg;
    if (l->snapshot != NULL) {
        slot_release(l->client, l->snapshot);
    }
}

struct snapshot **lease_place(struct work *w, struct eid_client *c)
{
    struct lease *l = arena_alloc(w->arena, sizeof(*l));
    l->client = c;
    arena_defer(w->arena, give_back, l);
    return &l->snapshot;
}
