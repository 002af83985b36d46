/* Names of people: Unicode NFC, family name first, as on the identity card. */
#ifndef IDENTITY_NAME_H
#define IDENTITY_NAME_H
#include "base/err.h"
#include "base/str.h"

#define NAME_LENGTH_MAX 100 /* code points */

struct name {
    struct str full;   /* NFC, single spaces */
    struct str family; /* first word; absent for a name of one word */
    struct str middle; /* between; absent when there are two words or one */
    struct str given;  /* last word */
};

/* Letters with their marks, spaces, apostrophes (H'Hen), hyphens and full stops.  Spaces are
 * collapsed; case is kept.  ERR_INPUT says what is wrong. */
CHECKED enum err name_read(struct arena *a, struct str text, struct name *out);

#endif
