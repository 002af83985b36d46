/* Snapshots that all threads share: fetched by one, read by many, replaced whole.
 *
 * The only place of libeid with a lock.  It is held for pointers and counts only, never over a
 * fetch or an allocation.  Rules: fresh: hand out.  Stale: one thread fetches, the others go on
 * with the old one; when the fetch fails the old one serves until its grace ends, and the next
 * attempt waits for the cool-down. None: everybody waits for the one fetch.  Newer wanted (unknown
 * key): one fetch per cool-down. */
#ifndef LIBEID_SLOT_H
#define LIBEID_SLOT_H
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include "eid/error.h"

struct eid_client;

struct snapshot {
    unsigned refs;
    int64_t fresh_until_s;  /* wall time */
    int64_t usable_until_s; /* wall time, stale but served while the provider is away */
    void (*destroy)(struct snapshot *s);
};

struct slot {
    struct snapshot *now;
    bool fetching;
    bool tried;
    int64_t tried_at_ms; /* monotonic */
    unsigned rounds;     /* fetches finished, good or bad */
    struct eid_error last_error;
};

struct slots {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct slot metadata;
    struct slot keys;
    bool cache_read; /* the cache file was looked at */
};

/* Fetches anew; *out has one reference.  err is never NULL. */
typedef enum eid_code slot_fetch_fn(struct eid_client *client, struct eid_error *err,
                                    struct snapshot **out);

bool slots_init(struct slots *s);
void slots_done(struct slots *s);

/* *out is lent until slot_release. */
enum eid_code slot_lease(struct eid_client *client, struct slot *slot, bool newer,
                         slot_fetch_fn *fetch, struct eid_error *err, struct snapshot **out);
void slot_release(struct eid_client *client, struct snapshot *s);
/* Puts a snapshot (one reference) in when the slot is empty; destroys it otherwise. */
void slot_offer(struct eid_client *client, struct slot *slot, struct snapshot *s);

#endif
