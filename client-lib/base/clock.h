/* Time.  Lifetimes use wall time in whole seconds, deadlines the monotonic clock. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include <stdint.h>
int64_t clock_now_s(void); /* seconds since 1970 UTC */
int64_t clock_now_ms(void);
int64_t clock_mono_ms(void); /* deadlines and durations only */
int64_t clock_mono_us(void); /* the same, for measuring */
int64_t clock_machine_ms(void); /* wall time that nothing shifts: to compare clocks */
/* Tests: clock_now_s() and clock_now_ms() answer the real time plus this many seconds. */
void clock_shift_s(int64_t seconds);
/* A sandbox: from now on the shift is what stands there, which outlives the process.  Called once, at
 * start. */
void clock_follow(const _Atomic int64_t *seconds);
#endif
