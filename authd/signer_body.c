/* The signer's process around keys/signer: unlocks with the start message, then serves frames.  It
 * opens nothing and connects nowhere; keys come sealed from the clerk. */
#include "base/clock.h"
#include "base/ct.h"
#include "log/log.h"
#include "proc/drop.h"
#include "proc/secret.h"
#include "process/process.h"
#include "signer/signer.h"

#define HOLD_MS 3000
static int64_t hold_until_ms; /* set once, at start */

/* The alarm is raised here and nowhere else: whoever asks may be the attacker. */
static enum err serve(struct arena *a, void *app, int from, uint16_t op, struct str request,
                      struct str *answer)
{
    enum err e = signer_serve(a, app, (enum channel)from, op, request, answer);
    if (e == ERR_DENIED) {
        log_failure(LOG_ERROR, WARRANT_REFUSED, e, LOG_INT("op", op), LOG_INT("channel", from));
    }
    return e;
}

static enum err unlock(struct process *self, struct signer *s)
{
    struct str answer = STR("");
    struct arena *a = arena_new(0);
    if (a == NULL) {
        return fail(ERR_NO_MEMORY, "signer");
    }
    enum err e = signer_serve(a, s, CHANNEL_PARENT, SIGNER_HELLO, self->start_secret, &answer);
    ct_wipe((void *)(uintptr_t)self->start_secret.p, self->start_secret.n);
    self->start_secret = STR_NONE;
    arena_free(a);
    return e;
}

static enum err set_up(struct process *self, struct signer **s)
{
    bool locked = false;
    TRY(secret_home_open(&locked));
    if (!locked) {
        missing_add(self->sandbox_missing, sizeof(self->sandbox_missing), "locked-memory");
    }
    TRY(signer_new(s));
    TRY(unlock(self, *s));
    return process_sandbox(self);
}

/* A fresh signer answers nobody but those who bring keys: calls repeated after a crash wait the
 * moment until the clerk has been here instead of failing.  Not for long: without a database no
 * keys come. */
static bool hold(void *app, int channel)
{
    bool brings_keys = channel == CHANNEL_CLERK || channel == CHANNEL_ADMIN;
    return !brings_keys && !signer_has_keys(app) && clock_mono_ms() < hold_until_ms;
}

void signer_body(struct process *self)
{
    struct signer *s = NULL;
    enum err e = set_up(self, &s);
    if (e != OK) {
        log_failure(LOG_ERROR, INTERNAL_ERROR, e, LOG_Z("process", "signer"));
        return;
    }
    self->slow = signer_is_slow;
    self->hold = hold;
    hold_until_ms = clock_mono_ms() + HOLD_MS;
    process_ready(self);
    process_serve_blocking(self, serve, s);
    signer_free(&s);
}
