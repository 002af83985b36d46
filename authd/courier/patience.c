/* See patience.h.  The row is not deleted by giving up: it stays with its last error until the
 * clerk expires it, and an audit entry says so. */
#include "courier/patience.h"

enum verdict patience_judge(long status, uint32_t attempts, int64_t age_s)
{
    /* spec: OpenID Connect Back-Channel Logout 1.0 §2.8:op 200 OK when the logout succeeded; some
     * frameworks substitute 204, which must be processed as 200 */
    if (status == 200 || status == 204) {
        return VERDICT_DELIVERED;
    }
    /* spec: OpenID Connect Back-Channel Logout 1.0 §2.8:op 400 when the request was invalid or the
     * logout failed: the second may mend itself, so a few more tries */
    if (status == 400 && attempts >= PATIENCE_REFUSALS) {
        return VERDICT_GIVEN_UP;
    }
    return age_s >= PATIENCE_ENDS_S ? VERDICT_GIVEN_UP : VERDICT_AGAIN;
}

int64_t patience_delay_s(uint32_t attempts, int64_t retry_after_s)
{
    int64_t delay = 1;
    for (uint32_t i = 1; i < attempts && delay < PATIENCE_LONGEST_S; i++) {
        delay *= 2;
    }
    if (retry_after_s > delay) {
        delay = retry_after_s;
    }
    return delay < PATIENCE_LONGEST_S ? delay : PATIENCE_LONGEST_S;
}
