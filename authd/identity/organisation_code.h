/* Codes of organisations: enterprises have a ten digit tax code, their branches add -NNN; agencies
 * have a code of the form X00.00.00 (Decision 20/2020/QĐ-TTg). */
#ifndef IDENTITY_ORGANISATION_CODE_H
#define IDENTITY_ORGANISATION_CODE_H
#include "base/err.h"
#include "base/str.h"

enum organisation_kind { ORGANISATION_ENTERPRISE, ORGANISATION_BRANCH, ORGANISATION_AGENCY };
/* Upper case, no spaces, in the arena.  The tax code's check digit is verified.  ERR_INPUT. */
CHECKED enum err organisation_code_read(struct arena *a, struct str text,
                                        enum organisation_kind *kind, struct str *out);

#endif
