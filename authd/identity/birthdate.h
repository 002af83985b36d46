/* Birth dates, some of which are known only to the year or month: "1958", "1958-03", "1958-03-21".
 */
#ifndef IDENTITY_BIRTHDATE_H
#define IDENTITY_BIRTHDATE_H
#include "base/err.h"
#include "base/str.h"

struct birthdate {
    int year;  /* 1900 .. 2399: what a personal number can say */
    int month; /* 0: not known */
    int day;   /* 0: not known */
};

/* ERR_INPUT for another form or a day that does not exist. */
CHECKED enum err birthdate_read(struct str text, struct birthdate *out);
struct str birthdate_text(struct arena *a, const struct birthdate *b);
/* Completed years on the given day (UTC seconds); an unknown month or day counts as the latest
 * possible, so that nobody is taken for older than proven. */
int birthdate_age(const struct birthdate *b, int64_t now_s);
/* The calendar day of UTC seconds. */
struct birthdate birthdate_of_time(int64_t now_s);
int days_in_month(int year, int month);

#endif
