/* Beginning and ending a public call.  Must not allocate outside the arena. */
#include "libeid/work.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include "base/b64.h"
#include "base/hash.h"
#include "base/rand.h"
#include "libeid/exchange.h"

void work_exhausted(struct work *w)
{
    longjmp(w->exhausted, 1);
}

static void exhausted(void *arg)
{
    work_exhausted(arg);
}

bool work_begin(struct work *w, struct eid_error *err)
{
    memset(w, 0, sizeof(*w));
    w->caller = err;
    w->code = EID_NO_MEMORY;
    w->arena = arena_new(WORK_LIMIT);
    if (w->arena == NULL) {
        return false;
    }
    arena_on_exhausted(w->arena, exhausted, w);
    err_clear();
    ERR_clear_error();
    return true;
}

enum eid_code work_end(struct work *w)
{
    enum eid_code code = w->code;
    arena_free(w->arena);
    if (w->caller != NULL) {
        *w->caller = w->error;
        w->caller->code = code;
        w->caller->category = eid_error_category(code);
        if (code == EID_NO_MEMORY && w->caller->detail[0] == '\0') {
            snprintf(w->caller->detail, sizeof(w->caller->detail), "out of memory");
        }
    }
    return code;
}

enum eid_code work_no_memory(struct eid_error *err)
{
    struct work w = {.caller = err, .code = EID_NO_MEMORY};
    return work_end(&w);
}

/* Details quote what others sent: nothing of it may look like another line of the log. */
static void keep_one_line(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f) {
            *text = '?';
        }
    }
}

enum eid_code work_fail(struct work *w, enum eid_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(w->error.detail, sizeof(w->error.detail), format, args);
    va_end(args);
    keep_one_line(w->error.detail);
    return code;
}

void work_hint(struct work *w, const char *format, ...)
{
    size_t n = strlen(w->error.detail);
    va_list args;
    va_start(args, format);
    vsnprintf(w->error.detail + n, sizeof(w->error.detail) - n, format, args);
    va_end(args);
    keep_one_line(w->error.detail + n);
}

enum eid_code work_enter(struct work *w, struct eid_client *client, work_fn *body, void *own)
{
    w->asked = NULL;
    w->held_up_by = NULL;
    w->code = EID_NO_MEMORY;
    if (setjmp(w->exhausted) == 0) {
        w->code = body(w, client, own);
    } else {
        w->code = EID_NO_MEMORY;
    }
    return w->code;
}

enum eid_code work_block(struct eid_client *client, work_fn *body, void *own, struct eid_error *err)
{
    struct work w;
    if (work_begin(&w, err)) {
        w.blocks = true;
        while (work_enter(&w, client, body, own) == EID_WAITING) {
            if (w.asked != NULL) {
                exchange_send(w.asked, client);
            } else {
                slot_wait(client, w.held_up_by->slot, w.held_up_by->round);
            }
        }
    }
    return work_end(&w);
}

enum eid_code work_refuse(struct work *w, enum err e, enum eid_code code, const char *what)
{
    if (e == ERR_NO_MEMORY) {
        return EID_NO_MEMORY;
    }
    return work_fail(w, e == ERR_CRYPTO ? EID_INTERNAL : code, "%s: %s", what, err_reason());
}

void work_random(struct work *w, void *out, size_t n)
{
    if (rand_try(out, n) != OK) {
        work_exhausted(w);
    }
}

struct str work_random_b64(struct work *w, size_t n)
{
    void *p = arena_alloc(w->arena, n);
    work_random(w, p, n);
    return b64_str(w->arena, str_of(p, n));
}

struct str work_sha256(struct work *w, struct str bytes)
{
    struct sha256 *h = arena_alloc(w->arena, sizeof(*h));
    if (sha256_try(bytes, h) != OK) {
        work_exhausted(w);
    }
    return sha256_str(h);
}

static void drop_second(void *arg)
{
    struct work *w = arg;
    arena_free(w->second);
    w->second = NULL;
}

struct arena *work_arena(struct work *w)
{
    w->second = arena_new(0);
    arena_defer(w->arena, drop_second, w);
    if (w->second == NULL) {
        work_exhausted(w);
    }
    arena_on_exhausted(w->second, exhausted, w);
    return w->second;
}

void work_arena_keep(struct work *w)
{
    arena_on_exhausted(w->second, NULL, NULL);
    w->second = NULL;
}

void work_oauth(struct work *w, struct str error)
{
    if (error.n == 0 || error.n >= sizeof(w->error.oauth)) {
        return;
    }
    for (size_t i = 0; i < error.n; i++) {
        if (error.p[i] < ' ' || error.p[i] > '~' || error.p[i] == '"' || error.p[i] == '\\') {
            return;
        }
    }
    memcpy(w->error.oauth, error.p, error.n);
    w->error.oauth[error.n] = '\0';
}
