/* The frame of every call: its memory, the error the caller sees, and what it waits for.
 *
 * A call's body is one function that reads from top to bottom.  It never waits: what it needs from
 * the provider it asks through exchange() or lease_get(), which return EID_WAITING while there is
 * no answer yet.  EID_TRY passes that up, the driver (work_block or an eid_operation) gets the
 * answer and enters the body again from its top.  So a body keeps in its own struct what must not
 * be made twice (random numbers, what was verified), and everything before a wait may run again.
 *
 * A body must hold no lock and own nothing but the arena where it allocates. */
#ifndef LIBEID_WORK_H
#define LIBEID_WORK_H
#include <setjmp.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "eid/error.h"
#include "libeid/lease.h"

#define WORK_LIMIT (8u << 20)
#define EID_WAITING ((enum eid_code)1000) /* never seen by callers */

struct work {
    struct arena *arena;
    enum eid_code code;
    struct eid_error error;
    struct eid_error *caller;
    struct arena *second; /* of work_arena */
    jmp_buf exhausted;
    bool blocks;                    /* this thread may wait */
    struct exchange *asked;         /* EID_WAITING: this is to be sent */
    const struct lease *held_up_by; /* EID_WAITING: somebody else fetches it */
    struct lease metadata, keys, newer_keys;
};

typedef enum eid_code work_fn(struct work *w, struct eid_client *client, void *own);

bool work_begin(struct work *w, struct eid_error *err);
enum eid_code work_end(struct work *w);
/* Enters the body once; memory that ends is EID_NO_MEMORY. */
enum eid_code work_enter(struct work *w, struct eid_client *client, work_fn *body, void *own);
/* A whole call, in this thread, through the handle's transport. */
enum eid_code work_block(struct eid_client *client, work_fn *body, void *own,
                         struct eid_error *err);
/* Where not even the frame can be made. */
enum eid_code work_no_memory(struct eid_error *err);

/* Remembers the detail for the caller and returns code. */
enum eid_code work_fail(struct work *w, enum eid_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds to the detail what would cure it. */
void work_hint(struct work *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* As work_fail, but EID_NO_MEMORY when that is why e came about.  Adds the reason of base. */
enum eid_code work_refuse(struct work *w, enum err e, enum eid_code code, const char *what);
/* Keeps the provider's own error code, when it is one (RFC 6749 section 5.2 characters). */
void work_oauth(struct work *w, struct str error);

/* Memory has ended: ends the call here. */
_Noreturn void work_exhausted(struct work *w);
/* What base does with bug(), for a guest in somebody's process: ends the call as if memory had
 * ended, because nothing else makes libcrypto fail here. */
void work_random(struct work *w, void *out, size_t n);
struct str work_random_b64(struct work *w, size_t n);
struct str work_sha256(struct work *w, struct str bytes);

/* An arena that ends with the call, unless it is kept. */
struct arena *work_arena(struct work *w);
void work_arena_keep(struct work *w);

/* Returns at once when expr is not EID_OK. */
#define EID_TRY(expr)                                                                              \
    do {                                                                                           \
        enum eid_code try_code_ = (expr);                                                          \
        if (try_code_ != EID_OK) {                                                                 \
            return try_code_;                                                                      \
        }                                                                                          \
    } while (0)

#endif
