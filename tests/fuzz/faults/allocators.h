/* The C library's allocators, each of which fails when memory_fails() says so.  Whoever includes
 * this, in one file of a program, links that program with --wrap for each of them. */
#ifndef TEST_FAULTS_ALLOCATORS_H
#define TEST_FAULTS_ALLOCATORS_H
#include <stdbool.h>
#include <stddef.h>

/* Is this call of `call` to fail?  The includer's. */
static bool memory_fails(const char *call);

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

void *__wrap_malloc(size_t size)
{
    return memory_fails("malloc") ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return memory_fails("calloc") ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return memory_fails("realloc") ? NULL : __real_realloc(p, size);
}

char *__wrap_strdup(const char *s)
{
    return memory_fails("strdup") ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t n)
{
    return memory_fails("strndup") ? NULL : __real_strndup(s, n);
}

#endif
