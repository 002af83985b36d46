/* What an attempt's outcome means: done, again later, or given up.  Pure. */
#ifndef COURIER_PATIENCE_H
#define COURIER_PATIENCE_H
#include <stdbool.h>
#include <stdint.h>

#define PATIENCE_LONGEST_S 3600
#define PATIENCE_ENDS_S ((int64_t)24 * 3600)
#define PATIENCE_REFUSALS 4 /* how often a portal may say 400 before we believe it */

enum verdict { VERDICT_DELIVERED, VERDICT_AGAIN, VERDICT_GIVEN_UP };

/* status: of HTTP, 0 when no answer came; attempts: this one included; age_s: since the row was
 * written. */
enum verdict patience_judge(long status, uint32_t attempts, int64_t age_s);
/* Seconds until the next attempt: 1, 2, 4 … 3600, or what Retry-After asks for within that. */
int64_t patience_delay_s(uint32_t attempts, int64_t retry_after_s);

#endif
