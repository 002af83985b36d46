/* Memory of one request: allocate freely, give everything back at once.
 *
 * On reset and free the used part is wiped, because it held codes, tokens and names.
 * Allocation never returns NULL.  When the limit is passed or memory is out, the arena calls its
 * `exhausted` function, which must not return (the task layer ends the task with 413 or 503);
 * without one the process stops.  Not thread safe. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include <stdbool.h>
#include <stddef.h>

struct arena;
typedef void arena_exhausted_fn(void *arg);

/* limit: greatest number of bytes in use, 0 for none.  NULL when out of memory. */
struct arena *arena_new(size_t limit);
/* Another limit, for the next to use it: an arena that is empty. */
void arena_limit(struct arena *a, size_t limit);
void arena_on_exhausted(struct arena *a, arena_exhausted_fn *fn, void *arg);
/* Zeroed, aligned for any type; size 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((malloc, returns_nonnull));
/* Zeroed array; n * size is checked for overflow. */
void *arena_array(struct arena *a, size_t n, size_t size) __attribute__((malloc, returns_nonnull));
/* Runs fn(arg) on reset or free, latest first; at once when there is no room to remember it. */
void arena_defer(struct arena *a, void (*fn)(void *arg), void *arg);
/* For the exhausted function: was it the limit (true), or is memory out? */
bool arena_is_over(const struct arena *a);
size_t arena_used(const struct arena *a);
/* Runs what was deferred, wipes, keeps the first block. */
void arena_reset(struct arena *a);
/* reset, then gives all memory back.  NULL is fine. */
void arena_free(struct arena *a);

#endif
