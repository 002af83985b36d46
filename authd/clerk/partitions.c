/* Audit partitions, a month each: made months before they are needed, because the first insertion
 * of a month must not wait for one, and dropped when the law's five years (or more, as configured)
 * are over.  Dropping locks the whole table for a moment: the database gives up after two seconds,
 * and the next period tries again. */
#include "clerk/clerk.h"

#include "base/clock.h"
#include "log/log.h"
#include "store/keystore.h"

#define PERIOD_MS ((int64_t)6 * 3600 * 1000)

enum err clerk_partitions(struct task *t, struct clerk *c)
{
    if (clock_mono_ms() < c->partitions_due_ms) {
        return OK;
    }
    size_t made = 0;
    TRY(store_audit_partitions(t, c->db, &made));
    c->partitions_due_ms = clock_mono_ms() + PERIOD_MS;
    if (made) {
        log_event(LOG_INFO, CLERK_RAN, LOG_Z("duty", "audit partitions"), LOG_INT("made", made));
    }
    size_t dropped = 0;
    TRY(store_audit_retire(t, c->db, c->process->config->audit_retention_years, &dropped));
    if (dropped) {
        log_event(LOG_INFO, CLERK_RAN, LOG_Z("duty", "audit partitions"),
                  LOG_INT("dropped", dropped));
    }
    return OK;
}
