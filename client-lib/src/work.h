/* The frame of every public call: an arena for its memory, a way out when memory ends, and the
 * error the caller sees.  Pattern:
 *
 *     struct work w;
 *     if (work_begin(&w, err)) {
 *         if (setjmp(w.exhausted) == 0) {
 *             w.code = do_it(&w, …);
 *         }
 *     }
 *     return work_end(&w);
 *
 * do_it must hold no lock and own nothing but the arena where it allocates. */
#ifndef LIBEID_WORK_H
#define LIBEID_WORK_H
#include <setjmp.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "eid/error.h"

#define WORK_LIMIT (8u << 20)

struct work {
    struct arena *arena;
    enum eid_code code;
    struct eid_error error;
    struct eid_error *caller;
    jmp_buf exhausted;
};

bool work_begin(struct work *w, struct eid_error *err);
enum eid_code work_end(struct work *w);

/* Remembers the detail for the caller and returns code. */
enum eid_code work_fail(struct work *w, enum eid_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Keeps the provider's own error code, when it is one (RFC 6749 section 5.2 characters). */
void work_oauth(struct work *w, struct str error);

/* Returns at once when expr is not EID_OK. */
#define EID_TRY(expr)                                                                              \
    do {                                                                                           \
        enum eid_code try_code_ = (expr);                                                          \
        if (try_code_ != EID_OK) {                                                                 \
            return try_code_;                                                                      \
        }                                                                                          \
    } while (0)

#endif
