/* Whose clock is wrong?  The provider's header Date against ours; assertions, proofs and tokens
 * live by both. */
#include <stdlib.h>
#include "checkup/doctor.h"

#define NOTABLE_S 5
#define SKEW_DEFAULT_S 30

const char *doctor_clock_words(const struct doctor *d)
{
    const char *set = doctor_setting(d, SKEW_S);
    uint64_t tolerated = SKEW_DEFAULT_S;
    if (set != NULL && !str_u64(str_from(set), &tolerated)) {
        tolerated = SKEW_DEFAULT_S;
    }
    int64_t size = llabs(d->ahead_s);
    if (!d->clock_told || (uint64_t)size <= tolerated) {
        return NULL;
    }
    const char *way = d->ahead_s > 0 ? "fast" : "slow";
    return size < 120 ? str_fmt(d->arena, "%lld seconds %s", (long long)size, way).p
                      : str_fmt(d->arena, "%lld minutes %s", (long long)(size + 30) / 60, way).p;
}

bool check_clock(struct doctor *d)
{
    static const char keep_time[] = "keep time on this machine: timedatectl, chronyc tracking (if "
                                    "it is right: the provider's)";
    const struct seen *s = d->metadata_answer;
    struct str age = str_trim(web_header(s, "Age"));
    int64_t cached_s = 0;
    if (age.p != NULL && !str_i64(age, &cached_s)) {
        cached_s = 0;
    }
    if (s->date_s == 0) {
        report_add(d->report, NOT_OFFERED, "clock", NULL, "the provider sends no Date");
        return true;
    }
    d->clock_told = true;
    d->ahead_s = s->at_s - s->date_s - cached_s; /* a cache keeps the date */
    const char *off = doctor_clock_words(d);
    if (off != NULL) {
        report_add(d->report, FAILED, "clock", keep_time,
                   "this machine's clock is %s by the provider's", off);
    } else if (llabs(d->ahead_s) > NOTABLE_S) {
        report_add(d->report, WARNING, "clock", keep_time,
                   "%lld seconds from the provider's: tolerated, but it grows",
                   (long long)llabs(d->ahead_s));
    } else {
        report_add(d->report, GOOD, "clock", NULL, "within %d seconds of the provider's",
                   NOTABLE_S);
    }
    return true;
}
