/* See date.h.  Independent of locale and time zone. */
#include "libeid/date.h"
#include <string.h>

#define FORM "Sun, 06 Nov 1994 08:49:37 GMT"

static bool digits(const char *p, size_t n, int64_t *out)
{
    int64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9') {
            return false;
        }
        v = v * 10 + (p[i] - '0');
    }
    *out = v;
    return true;
}

/* Days from 1970-01-01 to the first of March of year y and on, in the calendar that begins in
 * March: leap days stand at a year's end. */
static int64_t days_since_1970(int64_t y, int64_t month, int64_t day)
{
    y -= month <= 2;
    int64_t era = y / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

/* spec: RFC 9110 §5.6.7 IMF-fixdate */
bool date_read(struct str text, int64_t *out)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t day, month, year, hour, minute, second;
    const char *p = text.p;
    if (text.n != sizeof(FORM) - 1 || memcmp(p + 3, ", ", 2) != 0 || p[7] != ' ' || p[11] != ' ' ||
        p[16] != ' ' || p[19] != ':' || p[22] != ':' || memcmp(p + 25, " GMT", 4) != 0 ||
        !digits(p + 5, 2, &day) || !digits(p + 12, 4, &year) || !digits(p + 17, 2, &hour) ||
        !digits(p + 20, 2, &minute) || !digits(p + 23, 2, &second)) {
        return false;
    }
    for (month = 0; month < 12 && memcmp(months + 3 * month, p + 8, 3) != 0; month++) {
        continue;
    }
    if (month == 12 || day < 1 || day > 31 || year < 1970 || hour > 23 || minute > 59 ||
        second > 60) {
        return false;
    }
    *out = days_since_1970(year, month + 1, day) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}
