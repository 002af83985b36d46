/* Snapshots that all threads and operations share: fetched by one, read by many, replaced whole.
 *
 * The only lock of libeid.  It is held for pointers and counts only, never over a fetch or an
 * allocation.  Rules: fresh: hand out.  Stale: one fetches, the others go on with the old one; when
 * the fetch fails the old one serves until its grace ends, and the next attempt waits for the
 * cool-down.  None: everybody waits for the one fetch.  Newer wanted (unknown key): one fetch per
 * cool-down.  Whoever fetches is known by his lease: given up, the next one fetches. */
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
    const void *fetcher; /* who fetches; NULL: nobody */
    bool fetcher_blocks; /* he has a thread of his own: others may wait for him */
    int64_t begun_at_ms; /* monotonic: when he began */
    bool tried;
    bool demanded; /* for an unknown key, at demanded_at_ms (monotonic) */
    int64_t demanded_at_ms;
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

bool slots_init(struct slots *s);
void slots_done(struct slots *s);

enum slot_turn {
    SLOT_TAKE,  /* take what is there, or say why there is nothing */
    SLOT_FETCH, /* you fetch: end with slot_put or slot_give_up */
    SLOT_WAIT   /* somebody fetches: ask again when slot_round_over */
};
/* Whose turn is it?  who: a name for the asker; blocks: he has a thread of his own.  *round: the
 * fetch to wait for. */
enum slot_turn slot_turn(struct eid_client *client, struct slot *slot, bool newer, const void *who,
                         bool blocks, unsigned *round);
/* Has the round ended (good, bad or given up)?  *given_up: nobody brought anything. */
bool slot_round_over(struct eid_client *client, struct slot *slot, unsigned round, bool *given_up);
/* Waits for that, at most the handle's time for a request. */
void slot_wait(struct eid_client *client, struct slot *slot, unsigned round);

/* What was fetched (one reference), or NULL and why. */
void slot_put(struct eid_client *client, struct slot *slot, const void *who, struct snapshot *s,
              const struct eid_error *err);
void slot_give_up(struct eid_client *client, struct slot *slot, const void *who);

/* *out is lent until slot_release.  Without a usable snapshot the last error, or EID_UNREACHABLE.
 */
enum eid_code slot_take(struct eid_client *client, struct slot *slot, struct eid_error *err,
                        struct snapshot **out);
void slot_release(struct eid_client *client, struct snapshot *s);
/* Puts a snapshot (one reference) in when the slot is empty; destroys it otherwise. */
void slot_offer(struct eid_client *client, struct slot *slot, struct snapshot *s);

#endif
