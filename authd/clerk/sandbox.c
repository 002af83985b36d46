/* In a sandbox: the processes of this node follow the clock that the database keeps, and what must
 * be done now and then is done. */
#include "clerk/clerk.h"

#include "base/clock.h"
#include "store/sandbox.h"

#define PERIOD_MS 60000

enum err clerk_sandbox(struct task *t, struct clerk *c)
{
    int64_t shift_s;
    TRY(store_sandbox_shift(t, c->db, &shift_s));
    atomic_store(&c->process->board[0].clock_shift_s, shift_s);
    if (shift_s != c->sandbox_shift_s) {
        c->sandbox_shift_s = shift_s;
        c->next_key_event_at = 1; /* another time: look what is due, and say that we are there */
        c->node_due_ms = 0;
    }
    if (clock_mono_ms() >= c->sandbox_due_ms) {
        TRY(store_sandbox_tick(t, c->db));
        c->sandbox_due_ms = clock_mono_ms() + PERIOD_MS;
    }
    return OK;
}
