/* Clocks of the system, the lead of a better one, and the shift that lets tests travel. */
#include "base/clock.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

static _Atomic int64_t own_shift_s;
static const _Atomic int64_t *shift_s = &own_shift_s;
static _Atomic int64_t led_ms;
static atomic_bool is_led;

static int64_t read_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t own_lead_ms(void)
{
    return read_ms(CLOCK_REALTIME) - clock_mono_ms();
}

void clock_lead_set_ms(int64_t lead_ms)
{
    atomic_store_explicit(&led_ms, lead_ms, memory_order_relaxed);
    atomic_store_explicit(&is_led, true, memory_order_release);
}

int64_t clock_lead_ms(void)
{
    return atomic_load_explicit(&is_led, memory_order_acquire)
               ? atomic_load_explicit(&led_ms, memory_order_relaxed)
               : own_lead_ms();
}

int64_t clock_ahead_ms(void)
{
    return atomic_load_explicit(&is_led, memory_order_acquire) ? clock_lead_ms() - own_lead_ms()
                                                               : 0;
}

int64_t clock_at_lead_ms(int64_t lead_ms)
{
    return clock_mono_ms() + lead_ms + atomic_load_explicit(shift_s, memory_order_relaxed) * 1000;
}

int64_t clock_now_ms(void)
{
    return clock_at_lead_ms(clock_lead_ms());
}

int64_t clock_unshifted_ms(void)
{
    return clock_mono_ms() + clock_lead_ms();
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

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_mono_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

int64_t clock_worked_us(void)
{
    return clock_us(CLOCK_PROCESS_CPUTIME_ID);
}
