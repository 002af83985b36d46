/* The database's clock as a process follows it (base/clock.h).  Lifetimes are the database's, so
 * every process that reaches it counts by its clock, and those that don't are told the lead. */
#ifndef STORE_DATABASE_CLOCK_H
#define STORE_DATABASE_CLOCK_H
#include <stdbool.h>
#include <stdint.h>

/* One look: the database read answer_ms some time between our asking and our hearing, both by the
 * monotonic clock. */
struct clock_sample {
    int64_t asked_ms, heard_ms, answer_ms;
};

/* The lead to follow after a look.  One that agrees with what is known, as closely as its own delay
 * allows to tell, changes nothing: an answer that was held up for seconds says little. */
int64_t clock_sample_lead(const struct clock_sample *s, bool known, int64_t lead_ms);
/* Follows it. */
void clock_sample_follow(const struct clock_sample *s, bool known);

#endif
