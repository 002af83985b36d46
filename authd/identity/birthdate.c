/* Birth dates of three precisions (ISO 8601 calendar dates; OpenID Connect Core section 5.1
 * "birthdate"). */
#include "identity/birthdate.h"

#include <time.h>

static bool digits(struct str text, size_t from, size_t n, int *out)
{
    int v = 0;
    if (from + n > text.n) {
        return false;
    }
    for (size_t i = from; i < from + n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') {
            return false;
        }
        v = v * 10 + (text.p[i] - '0');
    }
    *out = v;
    return true;
}

int days_in_month(int year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) {
        return 29;
    }
    return days[month - 1];
}

enum err birthdate_read(struct str text, struct birthdate *out)
{
    struct birthdate b = {0, 0, 0};
    bool form = text.n == 4 || (text.n == 7 && text.p[4] == '-') ||
                (text.n == 10 && text.p[4] == '-' && text.p[7] == '-');
    if (!form || !digits(text, 0, 4, &b.year) || (text.n >= 7 && !digits(text, 5, 2, &b.month)) ||
        (text.n == 10 && !digits(text, 8, 2, &b.day))) {
        return fail(ERR_INPUT,
                    "birthdate: write YYYY-MM-DD, or YYYY-MM or YYYY when no more is known");
    }
    if (b.year < 1900 || b.year > 2399) {
        return fail(ERR_INPUT, "birthdate: year must lie between 1900 and 2399");
    }
    if (text.n >= 7 && (b.month < 1 || b.month > 12)) {
        return fail(ERR_INPUT, "birthdate: there is no such month");
    }
    if (text.n == 10 && (b.day < 1 || b.day > days_in_month(b.year, b.month))) {
        return fail(ERR_INPUT, "birthdate: there is no such day");
    }
    *out = b;
    return OK;
}

struct str birthdate_text(struct arena *a, const struct birthdate *b)
{
    if (b->month == 0) {
        return str_fmt(a, "%04d", b->year);
    }
    if (b->day == 0) {
        return str_fmt(a, "%04d-%02d", b->year, b->month);
    }
    return str_fmt(a, "%04d-%02d-%02d", b->year, b->month, b->day);
}

struct birthdate birthdate_of_time(int64_t now_s)
{
    time_t t = (time_t)now_s;
    struct tm tm;
    gmtime_r(&t, &tm);
    return (struct birthdate){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday};
}

int birthdate_age(const struct birthdate *b, int64_t now_s)
{
    struct birthdate today = birthdate_of_time(now_s);
    int month = b->month != 0 ? b->month : 12;
    int day = b->day != 0 ? b->day : days_in_month(b->year, month);
    int age = today.year - b->year;
    if (today.month < month || (today.month == month && today.day < day)) {
        age--;
    }
    return age;
}
