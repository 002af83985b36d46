/* A shared snapshot, lent to one call: asked for, fetched when it is this call's turn, kept to the
 * call's end.  Calls enter lease_get again after each answer; the lease remembers how far it came.
 */
#ifndef LIBEID_LEASE_H
#define LIBEID_LEASE_H
#include "libeid/slot.h"

struct work;
struct exchange;

struct lease {
    enum { LEASE_NEW, LEASE_WAITING, LEASE_FETCHING, LEASE_HELD } state;
    struct eid_client *client;
    struct slot *slot;
    unsigned round;
    struct exchange *asked;
    struct snapshot *snapshot;
};

/* Fetches anew; *out has one reference.  EID_WAITING as everything that asks the provider. */
typedef enum eid_code lease_fetch_fn(struct work *w, struct eid_client *c, struct exchange **asked,
                                     struct snapshot **out);

/* newer: what is at hand is not new enough.  EID_WAITING. */
enum eid_code lease_get(struct work *w, struct eid_client *c, struct lease *l, struct slot *slot,
                        bool newer, lease_fetch_fn *fetch, struct snapshot **out);

#endif
