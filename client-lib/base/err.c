/* The last reason of each thread, and the words for error kinds.  Must not allocate: it is called
 * when memory is out. */
#include "base/err.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local struct {
    char text[256];
    char place[96];
} last;

static const char *const names[ERR_COUNT] = {
    [OK] = "ok",
    [ERR_INPUT] = "input",
    [ERR_AUTH] = "auth",
    [ERR_DENIED] = "denied",
    [ERR_NOT_FOUND] = "not_found",
    [ERR_CONFLICT] = "conflict",
    [ERR_EXPIRED] = "expired",
    [ERR_LIMIT] = "limit",
    [ERR_TIMEOUT] = "timeout",
    [ERR_CANCELLED] = "cancelled",
    [ERR_UNAVAILABLE] = "unavailable",
    [ERR_NO_MEMORY] = "no_memory",
    [ERR_CRYPTO] = "crypto",
    [ERR_INTERNAL] = "internal",
};

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

enum err err_fail(enum err kind, const char *file, int line, const char *format, ...)
{
    /* Built aside, because an argument may be the last reason itself. */
    char text[sizeof(last.text)];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    memcpy(last.text, text, sizeof(text));
    snprintf(last.place, sizeof(last.place), "%s:%d", file_name(file), line);
    return kind == OK ? ERR_INTERNAL : kind;
}

const char *err_reason(void)
{
    return last.text;
}

const char *err_place(void)
{
    return last.place;
}

void err_clear(void)
{
    last.text[0] = '\0';
    last.place[0] = '\0';
}

bool err_is_ours(enum err kind)
{
    switch (kind) {
    case ERR_TIMEOUT:
    case ERR_CANCELLED:
    case ERR_UNAVAILABLE:
    case ERR_NO_MEMORY:
    case ERR_CRYPTO:
    case ERR_INTERNAL:
        return true;
    default:
        return false;
    }
}

const char *err_name(enum err kind)
{
    if ((unsigned)kind >= ERR_COUNT) {
        return "unknown";
    }
    return names[kind];
}

_Noreturn void err_bug(const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "bug: %s:%d: ", file_name(file), line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}
