/* Blocks of doubling size, filled from the front.  The first block lives with the arena itself and
 * survives a reset.  Every block is plain malloc, so that AddressSanitizer sees its ends.
 * Must not hand out memory that was not zeroed. */
#include "base/arena.h"
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/ct.h"
#include "base/err.h"

#define FIRST_BLOCK_SIZE 16384u /* an ordinary request needs no second one */
#define LARGEST_STEP (1u << 20)
#define ALIGNMENT alignof(max_align_t)

struct block {
    struct block *previous;
    size_t size; /* of data */
    size_t used;
    alignas(max_align_t) unsigned char data[];
};

struct deferred {
    struct deferred *next;
    void (*fn)(void *arg);
    void *arg;
};

struct arena {
    struct block *current;
    struct block *first;
    size_t used;
    size_t limit;
    bool over; /* the limit was passed */
    struct deferred *deferred;
    arena_exhausted_fn *exhausted;
    void *exhausted_arg;
};

static struct block *block_new(struct block *previous, size_t size)
{
    struct block *b = malloc(sizeof(*b) + size);
    if (b == NULL) {
        return NULL;
    }
    b->previous = previous;
    b->size = size;
    b->used = 0;
    return b;
}

struct arena *arena_new(size_t limit)
{
    struct block *first = block_new(NULL, FIRST_BLOCK_SIZE);
    if (first == NULL) {
        return NULL;
    }
    struct arena *a = calloc(1, sizeof(*a));
    if (a == NULL) {
        free(first);
        return NULL;
    }
    a->first = first;
    a->current = first;
    a->limit = limit;
    return a;
}

void arena_limit(struct arena *a, size_t limit)
{
    a->limit = limit;
}

void arena_on_exhausted(struct arena *a, arena_exhausted_fn *fn, void *arg)
{
    a->exhausted = fn;
    a->exhausted_arg = arg;
}

static _Noreturn void exhausted(struct arena *a)
{
    if (a->exhausted != NULL) {
        a->exhausted(a->exhausted_arg);
    }
    bug("arena: %zu bytes in use, limit %zu, and nobody ends this work", a->used, a->limit);
}

static bool block_add(struct arena *a, size_t need)
{
    size_t size = a->current->size < LARGEST_STEP ? a->current->size * 2 : LARGEST_STEP;
    struct block *b = block_new(a->current, need > size ? need : size);
    if (b == NULL) {
        return false;
    }
    a->current = b;
    return true;
}

/* NULL when there is no room. */
static void *try_alloc(struct arena *a, size_t size)
{
    if (size > SIZE_MAX / 2) {
        return NULL;
    }
    size_t need = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if (a->limit != 0 && (need > a->limit || a->used > a->limit - need)) {
        a->over = true;
        return NULL;
    }
    if (need > a->current->size - a->current->used && !block_add(a, need)) {
        return NULL;
    }
    unsigned char *p = a->current->data + a->current->used;
    a->current->used += need;
    a->used += need;
    memset(p, 0, need);
    return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
    void *p = try_alloc(a, size);
    if (p == NULL) {
        exhausted(a);
    }
    return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
    if (size != 0 && n > SIZE_MAX / size) {
        exhausted(a);
    }
    return arena_alloc(a, n * size);
}

void arena_defer(struct arena *a, void (*fn)(void *arg), void *arg)
{
    struct deferred *d = try_alloc(a, sizeof(*d));
    if (d == NULL) {
        fn(arg);
        exhausted(a);
    }
    d->next = a->deferred;
    d->fn = fn;
    d->arg = arg;
    a->deferred = d;
}

bool arena_is_over(const struct arena *a)
{
    return a->over;
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}

void arena_reset(struct arena *a)
{
    while (a->deferred != NULL) {
        struct deferred *d = a->deferred;
        a->deferred = d->next;
        d->fn(d->arg);
    }
    while (a->current != a->first) {
        struct block *b = a->current;
        a->current = b->previous;
        ct_wipe(b->data, b->used);
        free(b);
    }
    ct_wipe(a->first->data, a->first->used);
    a->first->used = 0;
    a->used = 0;
    a->over = false;
}

void arena_free(struct arena *a)
{
    if (a == NULL) {
        return;
    }
    arena_reset(a);
    free(a->first);
    free(a);
}
