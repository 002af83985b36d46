/* The personal identification number (số định danh cá nhân): 12 digits PPP C YY NNNNNN.
 *
 * PPP: province, or country above 100, where the birth was registered.  C: century and sex.  YY:
 * year of birth.  NNNNNN: random.  There is no check digit.  The number tells sex, year and place
 * of birth: it never becomes a token's sub, part of a URL or of a log line. */
#ifndef IDENTITY_PERSONAL_NUMBER_H
#define IDENTITY_PERSONAL_NUMBER_H
#include "identity/birthdate.h"

#define PERSONAL_NUMBER_SIZE 12

enum sex { SEX_MALE, SEX_FEMALE };

struct personal_number {
    char digits[PERSONAL_NUMBER_SIZE]; /* not NUL terminated */
    int province;                      /* 1 .. 999 */
    enum sex sex;
    int birth_year;
};

/* As a person types it: spaces, no-break spaces, dots and hyphens between digits are passed over.
 * ERR_INPUT for anything that is not 12 digits then, or names province 000. */
CHECKED enum err personal_number_read(struct str typed, struct personal_number *out);
struct str personal_number_text(struct arena *a, const struct personal_number *n);
/* Does it fit?  provinces: the codes known (a table that administrators extend).  ERR_INPUT with
 * what does not fit. */
CHECKED enum err personal_number_fits(const struct personal_number *n, const struct birthdate *b,
                                      enum sex sex, const uint16_t *provinces, size_t n_provinces);
/* The number of a person; serial 0 .. 999999. */
void personal_number_make(int province, enum sex sex, int birth_year, uint32_t serial,
                          struct personal_number *out);

#endif
