/* See lease.h.  Whatever way the call ends, memory included, the arena gives the lease back. */
#include "libeid/lease.h"
#include <string.h>
#include "libeid/cache_file.h"

static void give_back(void *arg)
{
    struct lease *l = arg;
    if (l->state == LEASE_FETCHING) {
        slot_give_up(l->client, l->slot, l);
    }
    if (l->snapshot != NULL) {
        slot_release(l->client, l->snapshot);
    }
}

static enum eid_code hold(struct work *w, struct lease *l, struct snapshot **out)
{
    struct eid_error err = {0};
    enum eid_code code = slot_take(l->client, l->slot, &err, &l->snapshot);
    l->state = LEASE_HELD;
    w->error = err;
    *out = l->snapshot;
    return code;
}

static enum eid_code fetch_and_hold(struct work *w, struct lease *l, lease_fetch_fn *fetch,
                                    struct snapshot **out)
{
    struct snapshot *fetched = NULL;
    enum eid_code code = fetch(w, l->client, &l->asked, &fetched);
    if (code == EID_WAITING) {
        return code;
    }
    struct eid_error err = w->error;
    err.code = code;
    err.category = eid_error_category(code);
    l->state = LEASE_HELD;
    slot_put(l->client, l->slot, l, fetched, &err);
    return hold(w, l, out);
}

static enum eid_code take_turn(struct work *w, struct lease *l, bool newer, lease_fetch_fn *fetch,
                               struct snapshot **out)
{
    switch (slot_turn(l->client, l->slot, newer, l, w->blocks, &l->round)) {
    case SLOT_WAIT:
        l->state = LEASE_WAITING;
        w->held_up_by = l;
        return EID_WAITING;
    case SLOT_FETCH:
        l->state = LEASE_FETCHING;
        return fetch_and_hold(w, l, fetch, out);
    case SLOT_TAKE:
        break;
    }
    return hold(w, l, out);
}

enum eid_code lease_get(struct work *w, struct eid_client *c, struct lease *l, struct slot *slot,
                        bool newer, lease_fetch_fn *fetch, struct snapshot **out)
{
    bool given_up = false;
    switch (l->state) {
    case LEASE_NEW:
        l->client = c;
        l->slot = slot;
        arena_defer(w->arena, give_back, l);
        cache_file_load(c);
        return take_turn(w, l, newer, fetch, out);
    case LEASE_WAITING:
        if (!slot_round_over(c, slot, l->round, &given_up)) {
            w->held_up_by = l;
            return EID_WAITING;
        }
        return given_up ? take_turn(w, l, newer, fetch, out) : hold(w, l, out);
    case LEASE_FETCHING:
        return fetch_and_hold(w, l, fetch, out);
    case LEASE_HELD:
        break;
    }
    *out = l->snapshot;
    return l->snapshot != NULL ? EID_OK : EID_UNREACHABLE;
}
