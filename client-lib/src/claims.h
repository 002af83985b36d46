/* Claims that outlive a call: every value as text that can be lent out as const char *. */
#ifndef LIBEID_CLAIMS_H
#define LIBEID_CLAIMS_H
#include "libeid/work.h"

/* Makes texts of the claims where they stand: numbers, lists and objects become JSON text, null
 * goes; text members of an object and the words of a list are kept beside it, see claims_part.  A
 * new reference to the same object; NULL: no memory. */
json_t *claims_texts(json_t *claims);
/* Adds the claims that are not there yet, each with its parts: all or, when memory ends (false),
 * none. */
bool claims_fill(json_t *claims, const json_t *more);
/* A copy of texts with strings of its own.  NULL: no memory. */
json_t *claims_copy(const json_t *texts);
bool claims_have(const json_t *texts, struct str name);
/* A text member of an object claim ("address", "country"); "" as member: the words of a list. */
const char *claims_part(const json_t *texts, const char *claim, const char *member);
/* NULL when absent. */
const char *claims_text(const json_t *texts, const char *name);
/* 0 when absent or not a whole number. */
int64_t claims_number(const json_t *texts, const char *name);
/* Overwrites every text, then lets go. */
void claims_free(json_t *texts);

#endif
