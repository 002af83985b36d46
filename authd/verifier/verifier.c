/* The verifier process: the only one that reads credentials.  It has no loop: one message at a
 * time, one connection of its own; what it may be asked and by whom is the table below. */
#include "verifier/verifier.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/ct.h"
#include "log/log.h"
#include "process/process.h"
#include "signer/protocol.h"

#define KEYS_FRESH_MS 10000
#define KEYS_MUST_MS 500
#define NICENESS 8

static enum err read_keys(struct arena *a, struct verifier *v, struct verifier_keys **out)
{
    struct vault_key *rows;
    size_t n;
    TRY(vault_keys(a, v->vault, &rows, &n));
    struct verifier_key_row *known = arena_array(a, n, sizeof(*known));
    for (size_t i = 0; i < n; i++) {
        known[i] = (struct verifier_key_row){.kid = rows[i].kid,
                                             .use = rows[i].use,
                                             .state = rows[i].state,
                                             .sealed = rows[i].sealed,
                                             .version = rows[i].version};
    }
    struct str previous = STR_NONE;
    if (v->wrapping_previous != NULL) {
        previous = str_of(secret_bytes(v->wrapping_previous), secret_size(v->wrapping_previous));
    }
    return verifier_keys_open(str_of(secret_bytes(v->wrapping), secret_size(v->wrapping)), previous,
                              known, n, out);
}

enum err verifier_keys_refresh(struct arena *a, struct verifier *v, bool must)
{
    int64_t now = clock_mono_ms();
    int64_t fresh_ms = must ? KEYS_MUST_MS : KEYS_FRESH_MS;
    if (v->keys != NULL && now - v->keys_read_ms < fresh_ms) {
        return OK;
    }
    struct verifier_keys *fresh;
    enum err e = read_keys(a, v, &fresh);
    v->keys_read_ms = now;
    if (e != OK) {
        log_failure(v->keys != NULL ? LOG_WARN : LOG_INFO, KEYS_LOADED, e);
        if (v->keys != NULL) {
            return OK; /* the ones we have are as good as a moment ago */
        }
        return fail(ERR_UNAVAILABLE, "verifier: no keys yet");
    }
    verifier_keys_free(&v->keys);
    v->keys = fresh;
    return OK;
}

static enum err serve_set_password(struct arena *a, struct verifier *v, struct str request,
                                   struct str *answer)
{
    struct verifier_set_password in;
    TRY(get_verifier_set_password(a, request, &in));
    TRY(password_set(a, v, &in));
    *answer = STR("");
    return OK;
}

#define SERVE(name, request_type, answer_type, act)                                                \
    static enum err name(struct arena *a, struct verifier *v, struct str request,                  \
                         struct str *answer)                                                       \
    {                                                                                              \
        struct request_type in;                                                                    \
        struct answer_type out;                                                                    \
        TRY(get_##request_type(a, request, &in));                                                  \
        TRY(act(a, v, &in, &out));                                                                 \
        struct buf b = buf_in(a);                                                                  \
        put_##answer_type(&b, &out);                                                               \
        *answer = buf_str(&b);                                                                     \
        return OK;                                                                                 \
    }
SERVE(serve_password, verifier_password, verifier_answer, password_check)
SERVE(serve_make_code, verifier_make_code, verifier_made_code, code_make)
SERVE(serve_code, verifier_code, verifier_answer, code_check)
SERVE(serve_first_password, verifier_first_password, verifier_changed, first_password)
SERVE(serve_change_password, verifier_change_password, verifier_changed, change_password)
SERVE(serve_lock, verifier_lock, verifier_changed, own_lock)
SERVE(serve_history, verifier_history, verifier_history_told, own_history)

/* Who may ask what.  A web process sets a password only with a proof that the person is there. */
static const struct {
    uint16_t op;
    enum channel from;
    enum err (*serve)(struct arena *a, struct verifier *v, struct str request, struct str *answer);
} DUTIES[] = {
    {VERIFIER_PASSWORD, CHANNEL_WEB, serve_password},
    {VERIFIER_SET_PASSWORD, CHANNEL_ADMIN, serve_set_password},
    {VERIFIER_MAKE_CODE, CHANNEL_ADMIN, serve_make_code},
    {VERIFIER_CODE, CHANNEL_WEB, serve_code},
    {VERIFIER_FIRST_PASSWORD, CHANNEL_WEB, serve_first_password},
    {VERIFIER_CHANGE_PASSWORD, CHANNEL_WEB, serve_change_password},
    {VERIFIER_LOCK, CHANNEL_WEB, serve_lock},
    {VERIFIER_HISTORY, CHANNEL_WEB, serve_history},
};

static enum err act(struct arena *a, struct verifier *v, int from, uint16_t op, struct str request,
                    struct str *answer)
{
    for (size_t i = 0; i < sizeof(DUTIES) / sizeof(DUTIES[0]); i++) {
        if (DUTIES[i].op == op && (int)DUTIES[i].from == from) {
            return DUTIES[i].serve(a, v, request, answer);
        }
    }
    return fail(ERR_DENIED, "verifier: operation %u is not for channel %d", op, from);
}

/* The alarm is raised here, as in the signer: whoever asks may be the attacker. */
static enum err serve(struct arena *a, void *app, int from, uint16_t op, struct str request,
                      struct str *answer)
{
    enum err e = act(a, app, from, op, request, answer);
    if (e == ERR_DENIED) {
        log_failure(LOG_ERROR, WARRANT_REFUSED, e, LOG_INT("op", op), LOG_INT("channel", from));
    }
    return e;
}

static enum err open_wrapping(struct process *self, struct verifier *v)
{
    struct arena *a = arena_new(0);
    struct verifier_hello hello;
    enum err e = a == NULL ? fail(ERR_NO_MEMORY, "verifier: no memory")
                           : get_verifier_hello(a, self->start_secret, &hello);
    if (e == OK) {
        e = secret_new(hello.verifier_key.p, hello.verifier_key.n, &v->wrapping);
    }
    if (e == OK && str_is(hello.verifier_key_previous)) {
        e = secret_new(hello.verifier_key_previous.p, hello.verifier_key_previous.n,
                       &v->wrapping_previous);
    }
    ct_wipe((void *)(uintptr_t)self->start_secret.p, self->start_secret.n);
    arena_free(a);
    return e;
}

static enum err open_all(struct process *self, struct verifier *v)
{
    const struct config *c = self->config;
    bool locked;
    TRY(secret_home_open(&locked));
    TRY(open_wrapping(self, v));
    struct str previous = STR_NONE;
    if (v->wrapping_previous != NULL) {
        previous = str_of(secret_bytes(v->wrapping_previous), secret_size(v->wrapping_previous));
    }
    TRY(wrap_ring_new(str_of(secret_bytes(v->wrapping), secret_size(v->wrapping)), previous,
                      &v->ring));
    TRY(blocklist_read(c->password_blocklist_file, &v->listed));
    struct phc_cost cost = verifier_cost(c);
    TRY(hasher_new(&cost, &v->hasher));
    struct pg_settings settings = {
        .host = c->db_host,
        .database = c->db_name,
        .sandbox = c->sandbox,
        .user = c->db_verifier.user,
        .password = self->db_password,
        .port = c->db_port,
        .read_connections = 1,
        .write_connections = 0,
        .role = "verifier",
    };
    return vault_new(&settings, &v->vault);
}

static void config_replaced(struct process *self)
{
    struct verifier *v = self->app;
    v->config = self->config;
}

/* As an heir: the keys are there, and what opens them. */
static bool well(struct verifier *v)
{
    struct arena *a = arena_new(0);
    enum err e =
        a == NULL ? fail(ERR_NO_MEMORY, "verifier: no memory") : verifier_keys_refresh(a, v, true);
    arena_free(a);
    return e == OK;
}

void verifier_body(struct process *self)
{
    struct verifier v = {.config = self->config};
    /* A login takes a tenth of a second of a core and may wait; a token takes a thousandth, and
     * whoever is logged in is not to wait for a storm of logins. */
    (void)setpriority(PRIO_PROCESS, 0, NICENESS);
    enum err e = open_all(self, &v);
    if (e == OK) {
        e = process_sandbox(self);
    }
    if (e != OK) {
        log_failure(LOG_ERROR, INTERNAL_ERROR, e);
        exit(1);
    }
    self->app = &v;
    self->on_config = config_replaced;
    if (self->heir && !well(&v)) {
        process_unwell(self, err_reason());
        exit(1);
    }
    /* On a fresh database the clerk makes the first keys after this process is up: until then
     * logins are told to come back. */
    process_ready(self);
    process_serve_blocking(self, serve, &v);
    verifier_keys_free(&v.keys);
    hasher_free(&v.hasher);
    vault_free(v.vault);
    wrap_ring_free(&v.ring);
    blocklist_free(&v.listed);
    secret_free(&v.wrapping);
    secret_free(&v.wrapping_previous);
}
