/* The lock and its rules; see slot.h. */
#include "libeid/slot.h"
#include <string.h>
#include "base/clock.h"
#include "libeid/state.h"

bool slots_init(struct slots *s)
{
    memset(s, 0, sizeof(*s));
    if (pthread_mutex_init(&s->lock, NULL) != 0) {
        return false;
    }
    if (pthread_cond_init(&s->changed, NULL) != 0) {
        pthread_mutex_destroy(&s->lock);
        return false;
    }
    return true;
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

/* May a fetch be tried now?  With the lock held. */
static bool may_fetch(const struct eid_client *client, const struct slot *slot)
{
    return !slot->tried || slot->now == NULL ||
           clock_mono_ms() - slot->tried_at_ms >= client->cooldown_s * 1000;
}

/* Fetches without the lock, then puts the result in.  With the lock held before and after. */
static enum eid_code fetch_now(struct eid_client *client, struct slot *slot, slot_fetch_fn *fetch,
                               struct eid_error *err)
{
    struct snapshot *fetched = NULL;
    slot->fetching = true;
    pthread_mutex_unlock(&client->slots.lock);
    enum eid_code code = fetch(client, err, &fetched);
    pthread_mutex_lock(&client->slots.lock);
    slot->fetching = false;
    slot->tried = true;
    slot->tried_at_ms = clock_mono_ms();
    slot->rounds++;
    slot->last_error = *err;
    if (code == EID_OK) {
        drop(slot->now);
        slot->now = fetched;
    }
    pthread_cond_broadcast(&client->slots.changed);
    return code;
}

static void wait_for_round(struct eid_client *client, const struct slot *slot)
{
    unsigned round = slot->rounds;
    while (slot->fetching && slot->rounds == round) {
        pthread_cond_wait(&client->slots.changed, &client->slots.lock);
    }
}

enum eid_code slot_lease(struct eid_client *client, struct slot *slot, bool newer,
                         slot_fetch_fn *fetch, struct eid_error *err, struct snapshot **out)
{
    enum eid_code code = EID_OK;
    pthread_mutex_lock(&client->slots.lock);
    bool fresh = slot->now != NULL && clock_now_s() < slot->now->fresh_until_s;
    if (!fresh || newer) {
        if (slot->fetching && (newer || slot->now == NULL)) {
            wait_for_round(client, slot);
            *err = slot->last_error;
            code = err->code;
        } else if (!slot->fetching && may_fetch(client, slot)) {
            code = fetch_now(client, slot, fetch, err);
        } else if (slot->tried) {
            *err = slot->last_error;
        }
    }
    /* A forged key set does not end the grace of the good one: else forging would be a way to stop
     * us. */
    if (slot->now != NULL && clock_now_s() < slot->now->usable_until_s) {
        slot->now->refs++;
        *out = slot->now;
        code = EID_OK;
    } else if (code == EID_OK) {
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
