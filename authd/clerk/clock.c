/* Watches this node's clock against the database's.  Lifetimes are judged by the database, so a
 * node that is more than 5 s off says that it is not ready (DESIGN.md section 6). */
#include "clerk/clerk.h"

#include <stdlib.h>

#include "base/clock.h"
#include "log/log.h"

#define OFF_MS (CLOCKS_APART_S * 1000)
#define REPEAT_MS 60000

void clerk_clock(struct clerk *c)
{
    int64_t offset_ms = pg_clock_offset_ms(c->db);
    bool off = llabs(offset_ms) > OFF_MS;
    if (off && (!c->clock_was_off || clock_mono_ms() >= c->clock_due_ms)) {
        log_event(LOG_ERROR, CLOCK_OFF, LOG_INT("offset_ms", offset_ms),
                  LOG_Z("cure", "synchronise this node's clock; tokens are refused elsewhere"));
        c->clock_due_ms = clock_mono_ms() + REPEAT_MS;
    }
    if (!off && c->clock_was_off) {
        log_event(LOG_INFO, CLOCK_OFF, LOG_INT("offset_ms", offset_ms), LOG_Z("state", "mended"));
    }
    c->clock_was_off = off;
}
