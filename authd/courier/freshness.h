/* How long a fetched key set serves before it is fetched again.  Pure. */
#ifndef COURIER_FRESHNESS_H
#define COURIER_FRESHNESS_H
#include <stdint.h>

#include "base/str.h"

#define FRESHNESS_LEAST_S 300
#define FRESHNESS_MOST_S 86400
#define FRESHNESS_UNSAID_S 3600

/* What Cache-Control asks for (max-age; no-store and no-cache as 0), within the bounds above; an
 * absent header, or one without max-age: FRESHNESS_UNSAID_S. */
int64_t freshness_s(struct str cache_control);
/* After the n-th failure in a row (from 1): a minute, doubled up to an hour. */
int64_t freshness_retry_s(uint32_t failures);

#endif
