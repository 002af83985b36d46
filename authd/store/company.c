/* Who shares a statement: as many as can be hoped for, for as long as they are worth.
 *
 * What can be hoped for is half of the tasks in progress (a request has more than one statement,
 * and other things to do).  How long it is worth, the last time tells: a millisecond for each that
 * had company then, so that a quiet service answers at once, and a busy one in fewer, fuller
 * commits.  Must not hold anybody for longer than COMPANY_WAIT_MAX_MS. */
#include "store/company.h"

#define PART_HOPED_FOR 2

int64_t company_wait_ms(size_t last, size_t waiting, size_t running, int64_t waited_ms)
{
    int64_t worth_ms = last > COMPANY_WAIT_MAX_MS ? COMPANY_WAIT_MAX_MS
                       : last == 0                ? 0
                                                  : (int64_t)last - 1;
    if (waiting * PART_HOPED_FOR >= running || waited_ms >= worth_ms) {
        return 0;
    }
    return worth_ms - waited_ms;
}
