/* A connection's deadline: moved with every request, met hardly ever.  So the timer is left alone
 * when a deadline moves away, and set anew when it comes too early.  Must not decide what a met
 * deadline means: conn.c does. */
#include "base/clock.h"
#include "http/core.h"

static void arm(struct conn *c, int64_t now_ms)
{
    int64_t left = c->due_ms > now_ms ? c->due_ms - now_ms : 0;
    struct timeval tv = {.tv_sec = left / 1000, .tv_usec = (left % 1000) * 1000};
    c->armed_ms = c->due_ms;
    evtimer_add(c->timer, &tv);
}

void deadline_set(struct conn *c, int64_t ms)
{
    int64_t now = clock_mono_ms();
    c->due_ms = now + ms;
    if (c->armed_ms == 0 || c->armed_ms > c->due_ms) {
        arm(c, now);
    }
}

void deadline_clear(struct conn *c)
{
    c->due_ms = 0;
}

bool deadline_met(struct conn *c)
{
    int64_t now = clock_mono_ms();
    c->armed_ms = 0; /* whatever made the timer's event run, libevent has taken it out */
    if (c->due_ms == 0) {
        return false;
    }
    if (c->due_ms > now) {
        arm(c, now);
        return false;
    }
    c->due_ms = 0;
    return true;
}
