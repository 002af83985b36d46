/* The lock and its rules; see slot.h. */
#include "libeid/slot.h"
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "libeid/state.h"

/* Fetched once per cool-down for unknown keys, whatever else was fetched meanwhile: a key that is
 * turned over right after our last regular fetch is found at once, and a flood of unknown keys
 * costs the provider no more than that.  With the lock held. */
static bool may_fetch(const struct eid_client *client, const struct slot *slot, bool newer)
{
    bool before = newer ? slot->demanded : slot->tried;
    int64_t at = newer ? slot->demanded_at_ms : slot->tried_at_ms;
    return !before || slot->now == NULL || clock_mono_ms() - at >= client->cooldown_s * 1000;
}

/* A fetch asks for metadata, then for keys, each perhaps twice. */
#define REQUESTS_OF_A_FETCH 4

bool slots_init(struct slots *s)
{
    pthread_condattr_t monotonic;
    memset(s, 0, sizeof(*s));
    if (pthread_mutex_init(&s->lock, NULL) != 0) {
        return false;
    }
    bool made = pthread_condattr_init(&monotonic) == 0;
    if (made) {
        made = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
               pthread_cond_init(&s->changed, &monotonic) == 0;
        pthread_condattr_destroy(&monotonic);
    }
    if (!made) {
        pthread_mutex_destroy(&s->lock);
    }
    return made;
}

/* With the lock held. */
static void drop(struct snapshot *s)
{
    if (s != NULL && --s->refs == 0) {
        s->destroy(s);
    }
}

void slots_done(struct slots *s)
{
    drop(s->metadata.now);
    drop(s->keys.now);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
}

/* Is somebody fetching whom this asker may count on?  A thread does not wait for an operation that
 * perhaps only this thread can carry on; and nobody waits for one that was forgotten. */
static bool is_fetched(const struct eid_client *client, const struct slot *slot, bool must_wait,
                       bool blocks)
{
    int64_t age = clock_mono_ms() - slot->begun_at_ms;
    return slot->fetcher != NULL && age < client->timeout_ms * REQUESTS_OF_A_FETCH &&
           !(must_wait && blocks && !slot->fetcher_blocks);
}

enum slot_turn slot_turn(struct eid_client *client, struct slot *slot, bool newer, const void *who,
                         bool blocks, unsigned *round)
{
    enum slot_turn turn = SLOT_TAKE;
    pthread_mutex_lock(&client->slots.lock);
    bool fresh = slot->now != NULL && clock_now_s() < slot->now->fresh_until_s;
    bool must_wait = newer || slot->now == NULL;
    *round = slot->rounds;
    if (!fresh || newer) {
        if (is_fetched(client, slot, must_wait, blocks)) {
            turn = must_wait ? SLOT_WAIT : SLOT_TAKE;
        } else if (may_fetch(client, slot, newer)) {
            turn = SLOT_FETCH;
            slot->demanded = slot->demanded || newer;
            slot->demanded_at_ms = newer ? clock_mono_ms() : slot->demanded_at_ms;
            slot->fetcher = who;
            slot->fetcher_blocks = blocks;
            slot->begun_at_ms = clock_mono_ms();
        }
    }
    pthread_mutex_unlock(&client->slots.lock);
    return turn;
}

/* With the lock held. */
static bool goes_on(const struct eid_client *client, const struct slot *slot, unsigned round)
{
    return slot->rounds == round && is_fetched(client, slot, false, false);
}

bool slot_round_over(struct eid_client *client, struct slot *slot, unsigned round, bool *given_up)
{
    pthread_mutex_lock(&client->slots.lock);
    bool over = !goes_on(client, slot, round);
    *given_up = slot->rounds == round;
    pthread_mutex_unlock(&client->slots.lock);
    return over;
}

void slot_wait(struct eid_client *client, struct slot *slot, unsigned round)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(client->timeout_ms / 1000 + 1);
    pthread_mutex_lock(&client->slots.lock);
    while (goes_on(client, slot, round) &&
           pthread_cond_timedwait(&client->slots.changed, &client->slots.lock, &until) == 0) {
        continue;
    }
    pthread_mutex_unlock(&client->slots.lock);
}

void slot_put(struct eid_client *client, struct slot *slot, const void *who, struct snapshot *s,
              const struct eid_error *err)
{
    pthread_mutex_lock(&client->slots.lock);
    if (slot->fetcher == who) {
        slot->fetcher = NULL;
    }
    slot->tried = true;
    slot->tried_at_ms = clock_mono_ms();
    slot->rounds++;
    slot->last_error = *err;
    if (s != NULL) {
        drop(slot->now);
        slot->now = s;
    }
    pthread_cond_broadcast(&client->slots.changed);
    pthread_mutex_unlock(&client->slots.lock);
}

void slot_give_up(struct eid_client *client, struct slot *slot, const void *who)
{
    pthread_mutex_lock(&client->slots.lock);
    if (slot->fetcher == who) {
        slot->fetcher = NULL;
        pthread_cond_broadcast(&client->slots.changed);
    }
    pthread_mutex_unlock(&client->slots.lock);
}

/* A forged key set does not end the grace of the good one: else forging would be a way to stop us.
 */
enum eid_code slot_take(struct eid_client *client, struct slot *slot, struct eid_error *err,
                        struct snapshot **out)
{
    enum eid_code code = EID_OK;
    pthread_mutex_lock(&client->slots.lock);
    if (slot->now != NULL && clock_now_s() < slot->now->usable_until_s) {
        slot->now->refs++;
        *out = slot->now;
    } else {
        *err = slot->last_error;
        code = err->code != EID_OK ? err->code : EID_UNREACHABLE;
    }
    pthread_mutex_unlock(&client->slots.lock);
    return code;
}

void slot_release(struct eid_client *client, struct snapshot *s)
{
    pthread_mutex_lock(&client->slots.lock);
    drop(s);
    pthread_mutex_unlock(&client->slots.lock);
}

void slot_offer(struct eid_client *client, struct slot *slot, struct snapshot *s)
{
    pthread_mutex_lock(&client->slots.lock);
    if (slot->now == NULL) {
        slot->now = s;
    } else {
        drop(s);
    }
    pthread_mutex_unlock(&client->slots.lock);
}
