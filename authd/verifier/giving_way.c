/* See giving_way.h.  Must not rest because of what a machine does anyway: an eighth of the
 * processor time that a hash takes is no sign of anything. */
#include "verifier/giving_way.h"

#include <errno.h>
#include <stdbool.h>
#include <time.h>

#include "base/clock.h"

#define FACTOR 7

int64_t giving_way_us(int64_t took_us, int64_t worked_us)
{
    int64_t lost_us = took_us - worked_us;
    if (lost_us <= worked_us / 8) {
        return 0;
    }
    return lost_us < GIVING_WAY_MAX_US / FACTOR ? FACTOR * lost_us : GIVING_WAY_MAX_US;
}

void giving_way_begin(struct giving_way *g, uint32_t others, int64_t asked_us)
{
    int64_t now_us = clock_mono_us();
    bool patient = asked_us > now_us - GIVING_WAY_PATIENCE_US;
    if (g->until_us > now_us && others >= GIVING_WAY_CROWD && patient) {
        struct timespec rest = {.tv_sec = (g->until_us - now_us) / 1000000,
                                .tv_nsec = (g->until_us - now_us) % 1000000 * 1000};
        while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
        }
    }
    g->began_us = clock_mono_us();
    g->worked_us = clock_worked_us();
}

void giving_way_end(struct giving_way *g)
{
    int64_t now_us = clock_mono_us();
    g->until_us = now_us + giving_way_us(now_us - g->began_us, clock_worked_us() - g->worked_us);
}
