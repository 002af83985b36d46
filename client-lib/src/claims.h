/* Claims that outlive a call: every value as text that can be lent out as const char *. */
#ifndef LIBEID_CLAIMS_H
#define LIBEID_CLAIMS_H
#include "libeid/work.h"

/* Adds the claims that are not there yet; numbers, lists and objects become JSON text.  false: no
 * memory. */
bool claims_add(json_t *texts, const json_t *claims);
/* Adds to fresh claims what only the old texts say, parts of a fresh claim left out. */
bool claims_carry(json_t *claims, const json_t *before);
/* A text member of an object claim ("address", "country"); "" as member: the words of a list. */
const char *claims_part(const json_t *texts, const char *claim, const char *member);
/* NULL when absent. */
const char *claims_text(const json_t *texts, const char *name);
/* 0 when absent or not a whole number. */
int64_t claims_number(const json_t *texts, const char *name);
/* Overwrites every text, then lets go. */
void claims_free(json_t *texts);

#endif
