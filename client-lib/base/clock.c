/* Clocks of the system, and the shift that lets tests travel. */
#include "base/clock.h"
#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t own_shift_s;
static const _Atomic int64_t *shift_s = &own_shift_s;

static int64_t read_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_now_ms(void)
{
    return read_ms(CLOCK_REALTIME) + atomic_load_explicit(shift_s, memory_order_relaxed) * 1000;
}

int64_t clock_machine_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

int64_t clock_now_s(void)
{
    return clock_now_ms() / 1000;
}

int64_t clock_mono_ms(void)
{
    return read_ms(CLOCK_MONOTONIC);
}

void clock_shift_s(int64_t seconds)
{
    atomic_store_explicit(&own_shift_s, seconds, memory_order_relaxed);
}

void clock_follow(const _Atomic int64_t *seconds)
{
    shift_s = seconds;
}

int64_t clock_mono_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
