/* Errors: a closed list of kinds, by what the caller can do about them.
 *
 * The reason is said once, where it is known:  return fail(ERR_AUTH, "pkce: challenge mismatch");
 * fail() keeps the text for the log (per thread, last reason wins) and returns the kind.  What the
 * outside hears is decided by the endpoint, never by the text.  The text never holds a secret or a
 * personal datum. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

enum err {
    OK = 0,
    ERR_INPUT,       /* the caller's input is malformed; repeating it is useless */
    ERR_AUTH,        /* who asks could not be authenticated */
    ERR_DENIED,      /* authenticated, but not allowed */
    ERR_NOT_FOUND,   /* no such thing */
    ERR_CONFLICT,    /* exists already, used already, or in another state */
    ERR_EXPIRED,     /* was valid once */
    ERR_LIMIT,       /* too large, too many, too often */
    ERR_TIMEOUT,     /* the deadline passed while waiting */
    ERR_CANCELLED,   /* nobody waits for the answer any more */
    ERR_UNAVAILABLE, /* a part we need is away; try again later */
    ERR_NO_MEMORY,
    ERR_CRYPTO,   /* libcrypto refused something that should have worked */
    ERR_INTERNAL, /* a defect of ours */
    ERR_COUNT
};

#define CHECKED __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* Remembers file, line and text as the current thread's last reason and returns `kind`. */
#undef fail /* cmocka has a macro of that name; its fail_msg() stays */
#define fail(kind, ...) err_not_ok(err_fail((kind), __FILE__, __LINE__, __VA_ARGS__))
/* A `kind` of OK is a defect and becomes ERR_INTERNAL: what fails never returns OK. */
enum err err_fail(enum err kind, const char *file, int line, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* Tells the compiler so, which then knows where outputs are set. */
static inline enum err err_not_ok(enum err e)
{
    if (e == OK) {
        __builtin_unreachable();
    }
    return e;
}

/* The last reason given on this thread ("" when none), without file and line. */
const char *err_reason(void);
/* "file.c:12" of the last reason. */
const char *err_place(void);
/* Is it our own trouble, which says nothing about what was judged?  Never a refusal: pass it on. */
bool err_is_ours(enum err kind);
/* Forgets the last reason. */
void err_clear(void);
/* "input", "auth", … : stable words for logs. */
const char *err_name(enum err kind);

/* Returns at once when expr is not OK.  Only in code that owns nothing but its arena. */
#define TRY(expr)                                                                                  \
    do {                                                                                           \
        enum err try_err_ = (expr);                                                                \
        if (try_err_ != OK) {                                                                      \
            return try_err_;                                                                       \
        }                                                                                          \
    } while (0)

/* Something impossible: says so on standard error and aborts; the parent starts a fresh process. */
#define bug(...) err_bug(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void err_bug(const char *file, int line, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
