/* `authctl doctor`: looks at everything an operator can get wrong or that gets wrong with time, and
 * says for each finding how bad it is, why, and what to do.  Changes nothing.  Works without the
 * daemon, and as far as it goes without the database.
 *
 * Reads secret files to judge them; none of their content is ever part of a finding. */
#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

/* The daemon's answer to `status`; any failure means that it does not run. */
typedef enum err doctor_ask_fn(void *arg, struct arena *a, json_t **status);

/* {"healthy":bool,"findings":[{"severity":"error|warning|note","area","text","cure"}],
 *  "areas":[{"area","state":"ok|findings|not checked"}]}; errors first.  healthy: no error and no
 * warning.  `version`: of this program. */
CHECKED enum err doctor_run(struct arena *a, const char *config_path, const char *version,
                            doctor_ask_fn *ask, void *arg, json_t **out);

#endif
