/* See board.h. */
#include "metrics/board.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BOARD_SIZE (BOARD_SLOTS_MAX * sizeof(struct board_slot))

static const int64_t bounds[] = BOARD_BOUNDS_US;
_Static_assert(sizeof bounds / sizeof bounds[0] + 1 == BOARD_BUCKETS, "a bucket for the rest");
_Static_assert(BOARD_GAUGE_COUNT <= 64, "a bit for each gauge");

enum err board_new(int *fd)
{
    int made = memfd_create("authd-metrics", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (made < 0 || ftruncate(made, (off_t)BOARD_SIZE) != 0 ||
        fcntl(made, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        enum err e = fail(ERR_UNAVAILABLE, "metrics: no shared memory: %s", strerror(errno));
        if (made >= 0) {
            close(made);
        }
        return e;
    }
    *fd = made;
    return OK;
}

enum err board_open(int fd, size_t i, const char *role, uint32_t number, struct board_slot **slots)
{
    if (i >= BOARD_SLOTS_MAX) {
        return fail(ERR_INTERNAL, "metrics: no slot %zu", i);
    }
    void *at = mmap(NULL, BOARD_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) {
        return fail(ERR_UNAVAILABLE, "metrics: can't be mapped: %s", strerror(errno));
    }
    struct board_slot *mine = (struct board_slot *)at + i;
    snprintf(mine->role, sizeof mine->role, "%s", role);
    mine->number = number;
    atomic_store_explicit(&mine->gauge_set, 0, memory_order_relaxed);
    atomic_store_explicit(&mine->used, 1, memory_order_release);
    *slots = at;
    return OK;
}

void board_gauge_set(struct board_slot *slot, enum board_gauge gauge, int64_t value)
{
    if (slot != NULL) {
        atomic_store_explicit(&slot->gauge[gauge], value, memory_order_relaxed);
        atomic_fetch_or_explicit(&slot->gauge_set, UINT64_C(1) << gauge, memory_order_relaxed);
    }
}

static void add(_Atomic uint64_t *to, uint64_t n)
{
    atomic_fetch_add_explicit(to, n, memory_order_relaxed);
}

void board_request(struct board_slot *slot, size_t route, int status, int64_t us)
{
    if (slot == NULL || route >= BOARD_ROUTES_MAX) {
        return;
    }
    struct board_route *r = &slot->routes[route];
    size_t class = status >= 100 && status < 600 ? (size_t)status / 100 : 0;
    size_t bucket = 0;
    while (bucket < BOARD_BUCKETS - 1 && us > bounds[bucket]) {
        bucket++;
    }
    add(&r->status[class], 1);
    add(&r->bucket[bucket], 1);
    add(&r->sum_us, us > 0 ? (uint64_t)us : 0);
}
