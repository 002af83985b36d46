/* Time.  Lifetimes use wall time in whole seconds, deadlines the monotonic clock. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include <stdint.h>
#define CLOCKS_APART_S 5 /* nodes that are further apart do not work together */

int64_t clock_now_s(void); /* seconds since 1970 UTC */
int64_t clock_now_ms(void);
int64_t clock_mono_ms(void);   /* deadlines and durations only */
int64_t clock_mono_us(void);   /* the same, for measuring */
int64_t clock_worked_us(void); /* what processors have worked for this process */

/* A process that knows a better clock than its machine's counts from there: wall time is the
 * monotonic clock plus a lead, and a step of the machine's clock moves nothing.  The monotonic
 * clock is the same in all processes of a machine, so a lead can be told to others. */
void clock_lead_set_ms(int64_t lead_ms);
/* The lead that was set; the machine's own while none is. */
int64_t clock_lead_ms(void);
/* How far the clock so led is ahead of the machine's own, now; 0 while none is set. */
int64_t clock_ahead_ms(void);
int64_t clock_unshifted_ms(void);          /* wall time as no shift changes it */
int64_t clock_at_lead_ms(int64_t lead_ms); /* wall time of whoever has this lead */

/* Tests: clock_now_s() and clock_now_ms() answer the real time plus this many seconds. */
void clock_shift_s(int64_t seconds);
/* A sandbox: from now on the shift is what stands there, which outlives the process.  Called once,
 * at start. */
void clock_follow(const _Atomic int64_t *seconds);
#endif
