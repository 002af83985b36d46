/* See database_clock.h. */
#include "store/database_clock.h"

#include <stdlib.h>

#include "base/clock.h"

#define GRAIN_MS 1 /* of the clocks themselves */

int64_t clock_sample_lead(const struct clock_sample *s, bool known, int64_t lead_ms)
{
    int64_t uncertain_ms = (s->heard_ms - s->asked_ms) / 2;
    int64_t seen_ms = s->answer_ms - (s->asked_ms + uncertain_ms);
    return known && llabs(seen_ms - lead_ms) <= uncertain_ms + GRAIN_MS ? lead_ms : seen_ms;
}

void clock_sample_follow(const struct clock_sample *s, bool known)
{
    clock_lead_set_ms(clock_sample_lead(s, known, clock_lead_ms()));
}
