/* The judging part of `authctl status`: pure functions from what was seen to what should worry. */
#ifndef ADMIN_STATUS_H
#define ADMIN_STATUS_H
#include "base/json.h"
#include "config/config.h"
#include "keystore/rotate.h"

#define STATUS_CLOCK_TOLERANCE_MS 5000

/* {"alg","kid","since","age_days","next","rotation","planned"} of one algorithm; what is not there
 * is null. */
json_t *status_signing(const struct rotate_key *keys, size_t n, const struct rotate_policy *policy,
                       int64_t now, const char *alg);
/* [{"area":…,"severity":"error|warning","text":…,"cure":…}], errors first, from a status as
 * cmd_status makes it. */
json_t *status_warnings(struct arena *a, const json_t *status, const struct config *config);

#endif
