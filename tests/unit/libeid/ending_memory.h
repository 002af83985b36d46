/* Allocators that fail on demand, for libeid, libcrypto and jansson. */
#ifndef TEST_LIBEID_ENDING_MEMORY_H
#define TEST_LIBEID_ENDING_MEMORY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "../../fuzz/faults/allocators.h"

/* Allocations until one fails; 0: none does. */
static unsigned left;
/* Once, or from then on all. */
static bool for_good;
static bool failed;
/* The one that failed was libcrypto's, which can do without some. */
static bool crypto_failed;

static bool memory_fails(const char *call)
{
    (void)call;
    if (left != 1) {
        left -= left > 0;
        return false;
    }
    left = for_good ? 1 : 0;
    failed = true;
    return true;
}

static void *crypto_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    crypto_failed = crypto_failed || left == 1;
    return __wrap_malloc(size);
}

static void *crypto_realloc(void *p, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    crypto_failed = crypto_failed || left == 1;
    return __wrap_realloc(p, size);
}

static void crypto_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

#endif
