/* See skew.h. */
#include "libeid/skew.h"
#include <stdlib.h>
#include "base/clock.h"

void skew_note(struct eid_client *c, int64_t date_s)
{
    pthread_mutex_lock(&c->slots.lock);
    c->ahead_s = clock_now_s() - date_s;
    pthread_mutex_unlock(&c->slots.lock);
}

void skew_hint(struct work *w, const struct eid_client *client)
{
    struct eid_client *c = (struct eid_client *)(uintptr_t)client; /* for its lock */
    pthread_mutex_lock(&c->slots.lock);
    long long off = (long long)c->ahead_s;
    pthread_mutex_unlock(&c->slots.lock);
    long long size = llabs(off);
    if (size <= c->skew_s) {
        return;
    }
    if (size < 120) {
        work_hint(w, "; your clock is %lld seconds %s", size, off > 0 ? "fast" : "slow");
    } else {
        work_hint(w, "; your clock is %lld minutes %s", (size + 30) / 60,
                  off > 0 ? "fast" : "slow");
    }
}
