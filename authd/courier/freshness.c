/* Cache-Control of key sets.  The least keeps a portal that says max-age=0 from being asked all the
 * time; the most, because a key its owner took back must stop serving some day.
 * spec: RFC 9111 §5.2.2 */
#include "courier/freshness.h"

#define RETRY_FIRST_S 60
#define RETRY_LONGEST_S 3600

static int64_t bounded(uint64_t s)
{
    return s < FRESHNESS_LEAST_S  ? FRESHNESS_LEAST_S
           : s > FRESHNESS_MOST_S ? FRESHNESS_MOST_S
                                  : (int64_t)s;
}

int64_t freshness_s(struct str cache_control)
{
    int64_t said = FRESHNESS_UNSAID_S;
    struct str part;
    while (str_split(&cache_control, ',', &part)) {
        part = str_trim(part);
        struct str name = part;
        uint64_t age;
        if (str_ieq(part, STR("no-store")) || str_ieq(part, STR("no-cache"))) {
            return FRESHNESS_LEAST_S;
        }
        if (!str_split(&part, '=', &name) || !str_ieq(name, STR("max-age"))) {
            continue;
        }
        /* spec: RFC 9111 §4.2.1 invalid freshness information: consider the response stale */
        said = str_u64(part, &age) ? bounded(age) : FRESHNESS_LEAST_S;
    }
    return said;
}

int64_t freshness_retry_s(uint32_t failures)
{
    int64_t s = RETRY_FIRST_S;
    for (uint32_t i = 1; i < failures && s < RETRY_LONGEST_S; i++) {
        s *= 2;
    }
    return s < RETRY_LONGEST_S ? s : RETRY_LONGEST_S;
}
