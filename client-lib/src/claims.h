/* Claims that outlive a call: every value as text that can be lent out as const char *. */
#ifndef LIBEID_CLAIMS_H
#define LIBEID_CLAIMS_H
#include "libeid/work.h"

/* Adds the claims that are not there yet; numbers, lists and objects become JSON text.  false: no
 * memory. */
bool claims_add(json_t *texts, const json_t *claims);
/* NULL when absent. */
const char *claims_text(const json_t *texts, const char *name);
/* 0 when absent or not a whole number. */
int64_t claims_number(const json_t *texts, const char *name);
/* Overwrites every text, then lets go. */
void claims_free(json_t *texts);

#endif
