/* The columns of a grant and of a consent, in the order in which every statement selects them. */
#ifndef STORE_GRANT_COLUMNS_H
#define STORE_GRANT_COLUMNS_H
#include "store/grant.h"
#include "store/rows.h"
void grant_columns_read(struct row *r, struct grant_row *out);
void consent_columns_read(struct row *r, struct consent_row *out);
#endif
