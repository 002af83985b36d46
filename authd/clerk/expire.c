/* Deletes what has expired: sessions, logins, codes, tokens, one-time identifiers, delivered
 * messages. In bounded steps, so that no statement holds many locks and a backlog never starves the
 * keys. */
#include "clerk/clerk.h"

#include "base/clock.h"
#include "log/log.h"
#include "store/keystore.h"

#define PERIOD_MS 10000
#define STEP_ROWS 1000
#define STEPS_PER_TURN 10

enum err clerk_expire(struct task *t, struct clerk *c)
{
    if (clock_mono_ms() < c->expire_due_ms) {
        return OK;
    }
    size_t total = 0;
    bool more = true;
    for (int step = 0; step < STEPS_PER_TURN && more; step++) {
        size_t deleted = 0;
        TRY(store_expire(t, c->db, STEP_ROWS, &deleted));
        total += deleted;
        more = deleted >= STEP_ROWS;
    }
    c->expire_due_ms = clock_mono_ms() + (more ? 0 : PERIOD_MS);
    if (total) {
        log_event(LOG_INFO, CLERK_RAN, LOG_Z("duty", "expire"), LOG_INT("rows", total));
    }
    return OK;
}
