/* How times and numbers stand on pages.  Pure. */
#ifndef PAGE_SHOWN_H
#define PAGE_SHOWN_H
#include <stdint.h>
#include "base/arena.h"
#include "base/str.h"

/* "09:05, 02/09/2026", in Vietnam. */
struct str shown_moment(struct arena *a, int64_t at_s);
/* What was typed as a number is shown again only if it could be one; STR_NONE. */
struct str shown_number(struct str typed);

#endif
