/* What test people are drawn from: names with their weights, places with theirs. */
#ifndef IDENTITY_GENERATE_TABLES_H
#define IDENTITY_GENERATE_TABLES_H
#include <stddef.h>

struct weighted {
    const char *text; /* NFC */
    unsigned weight;
};
struct place {
    int code; /* inside personal numbers */
    const char *name;
    unsigned weight; /* about the population, in ten thousands */
    const char *localities[3];
};
extern const struct weighted FAMILY_NAMES[], MIDDLE_MALE[], MIDDLE_FEMALE[], GIVEN_MALE[],
    GIVEN_FEMALE[], STREETS[];      /* each ends with NULL */
extern const struct place PLACES[]; /* ends with code 0 */

#endif
