/* See shown.h. */
#include "page/shown.h"

#include <time.h>

#define VIETNAM_OFFSET_S (7 * 3600) /* no summer time */
#define NUMBER_MAX 32

struct str shown_moment(struct arena *a, int64_t at_s)
{
    time_t t = (time_t)(at_s + VIETNAM_OFFSET_S);
    struct tm tm;
    gmtime_r(&t, &tm);
    return str_fmt(a, "%02d:%02d, %02d/%02d/%04d", tm.tm_hour, tm.tm_min, tm.tm_mday, tm.tm_mon + 1,
                   tm.tm_year + 1900);
}

struct str shown_number(struct str typed)
{
    for (size_t i = 0; i < typed.n; i++) {
        if ((typed.p[i] < '0' || typed.p[i] > '9') && typed.p[i] != ' ') {
            return STR_NONE;
        }
    }
    return typed.n <= NUMBER_MAX ? typed : STR_NONE;
}
