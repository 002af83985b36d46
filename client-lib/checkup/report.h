/* What was found: one line for each check, for people or as JSON.  Every text goes through here,
 * and secrets named to report_hide never leave it. */
#ifndef CHECKUP_REPORT_H
#define CHECKUP_REPORT_H
#include <stdbool.h>
#include <stdio.h>
#include "base/arena.h"
#include "base/err.h"

enum status {
    GOOD,        /* "ok" */
    NOT_OFFERED, /* the provider, or this configuration, does without */
    SKIPPED,     /* can't be looked at, because something before it failed */
    WARNING,     /* works today */
    FAILED,
    STATUSES
};

struct report;

struct report *report_new(struct arena *a);
/* From now on this text is shown as "[hidden]".  NULL and very short texts are passed over. */
void report_hide(struct report *r, const char *secret);
/* check: a stable word.  cure: what to do, NULL when there is nothing; needed for WARNING and
 * FAILED. */
void report_add(struct report *r, enum status status, const char *check, const char *cure,
                const char *format, ...) PRINTF_LIKE(5, 6);
size_t report_count(const struct report *r, enum status status);
/* Did this check say that (and was there one)? */
bool report_said(const struct report *r, enum status status, const char *check);
/* false: writing failed. */
bool report_print(const struct report *r, FILE *out);
bool report_print_json(const struct report *r, const char *issuer, const char *client_id,
                       FILE *out);

#endif
