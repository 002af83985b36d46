/* Arenas between two tasks: malloc takes long over blocks of their size, and a task is begun for
 * every request.  What an arena held is wiped before it waits here.  With AddressSanitizer none
 * waits, so that a pointer into the memory of a task that is over is found.  Must not keep more
 * than a usual load needs: a flood's memory goes back. */
#include "task/core.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN true
#endif
#endif
#ifndef WITH_ASAN
#define WITH_ASAN false
#endif

struct arena *spare_take(struct loop *l, size_t limit)
{
    if (l->n_spare == 0) {
        return arena_new(limit);
    }
    struct arena *a = l->spare[--l->n_spare];
    arena_limit(a, limit);
    return a;
}

void spare_give(struct loop *l, struct arena *a)
{
    if (WITH_ASAN || l->n_spare == SPARE_ARENAS) {
        arena_free(a);
        return;
    }
    arena_reset(a); /* runs what was deferred, which may begin and end other tasks */
    if (l->n_spare < SPARE_ARENAS) {
        l->spare[l->n_spare++] = a;
    } else {
        arena_free(a);
    }
}

void spare_free(struct loop *l)
{
    while (l->n_spare > 0) {
        arena_free(l->spare[--l->n_spare]);
    }
}
