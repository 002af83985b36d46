/* The courier's process: claims what is due in the outbox, one task for each delivery, few at once.
 * Rows of one recipient go in sequence, because only the oldest of each is ever due
 * (store/outbox.sql).
 *
 * A delivery that dies with its process is claimed again when its lease ends: portals may hear the
 * same logout twice, with the same jti.  It is the only process of ours that connects outward, and
 * it has no key, no person's data, and no socket that listens. */
#include "courier/courier.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/buf.h"
#include "log/log.h"

#define IN_FLIGHT_MAX 32
#define LEASE_S 60
#define CLAIM_DEADLINE_MS 10000
#define DELIVERY_DEADLINE_MS 30000
#define ARENA_MAX ((size_t)4 * 1024 * 1024)
#define SLEEP_MAX_S 60
#define SLEEP_BROKEN_S 2

struct courier_process {
    struct courier courier;
    struct event *timer;
    size_t in_flight;
    bool claiming, again, draining;
};

/* One row on its way, in memory of its own: it outlives the task that claimed it. */
struct delivery {
    struct courier_process *courier;
    struct arena *arena;
    struct outbox_row row;
};

static void claim_start(struct courier_process *p);

static void stop_when_idle(struct courier_process *p)
{
    if (p->draining && !p->in_flight && !p->claiming) {
        loop_stop(p->courier.process->loop);
    }
}

static void deliver_body_end(struct task *t, void *arg, enum err how)
{
    struct delivery *d = arg;
    struct courier_process *p = d->courier;
    (void)t;
    if (how != OK) {
        log_event(LOG_WARN, DELIVERY_FAILED, LOG_STR("client", d->row.recipient),
                  LOG_Z("err", err_name(how)));
    }
    arena_free(d->arena);
    free(d);
    p->in_flight--;
    claim_start(p);
    stop_when_idle(p);
}

static void deliver_body(struct task *t, void *arg)
{
    struct delivery *d = arg;
    task_on_end(t, deliver_body_end, d);
    enum err e = courier_deliver(t, &d->courier->courier, &d->row);
    if (e != OK) {
        /* its lease ends by itself */
        log_failure(LOG_WARN, DELIVERY_FAILED, e, LOG_STR("client", d->row.recipient));
    }
}

static enum err delivery_new(struct courier_process *p, const struct outbox_row *row,
                             struct delivery **out)
{
    struct delivery *d = calloc(1, sizeof *d);
    struct arena *a = d ? arena_new(0) : NULL;
    if (!a) {
        free(d);
        return fail(ERR_NO_MEMORY, "courier: no memory");
    }
    d->courier = p;
    d->arena = a;
    d->row = *row;
    struct str *const texts[] = {&d->row.recipient, &d->row.kind, &d->row.payload, &d->row.metadata,
                                 &d->row.sector};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        *texts[i] = texts[i]->p ? str_dup(a, *texts[i]) : STR_NONE;
    }
    *out = d;
    return OK;
}

static enum err delivery_start(struct courier_process *p, const struct outbox_row *row)
{
    struct delivery *d;
    TRY(delivery_new(p, row, &d));
    enum err e = task_start(p->courier.process->loop, "delivery", ARENA_MAX, DELIVERY_DEADLINE_MS,
                            deliver_body, d);
    if (e != OK) {
        arena_free(d->arena);
        free(d);
        return e;
    }
    p->in_flight++;
    return OK;
}

static enum err claim(struct task *t, struct courier_process *p, int64_t *sleep_s)
{
    struct outbox_row *rows;
    size_t n;
    *sleep_s = SLEEP_MAX_S;
    if (p->in_flight >= IN_FLIGHT_MAX) {
        return OK; /* the next delivery that ends claims again */
    }
    TRY(store_outbox_claim(t, p->courier.db, IN_FLIGHT_MAX - p->in_flight, LEASE_S, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        TRY(delivery_start(p, &rows[i]));
    }
    return store_outbox_next(t, p->courier.db, SLEEP_MAX_S, sleep_s);
}

static void claim_end(struct task *t, void *arg, enum err how)
{
    struct courier_process *p = arg;
    (void)t;
    (void)how;
    p->claiming = false;
    if (p->again) {
        p->again = false;
        claim_start(p);
    }
    stop_when_idle(p);
}

static void claim_body(struct task *t, void *arg)
{
    struct courier_process *p = arg;
    int64_t sleep_s = SLEEP_BROKEN_S;
    task_on_end(t, claim_end, p);
    enum err e = claim(t, p, &sleep_s);
    if (e != OK) {
        sleep_s = SLEEP_BROKEN_S;
        if (e != ERR_UNAVAILABLE) {
            log_failure(LOG_WARN, DELIVERY_FAILED, e, LOG_Z("step", "claim"));
        }
    }
    struct timeval in = {sleep_s > 0 ? (time_t)sleep_s : 0, sleep_s > 0 ? 0 : 100000};
    evtimer_add(p->timer, &in);
}

static void claim_start(struct courier_process *p)
{
    struct timeval soon = {SLEEP_BROKEN_S, 0};
    if (p->draining) {
        return;
    }
    if (p->claiming) {
        p->again = true;
        return;
    }
    evtimer_add(p->timer, &soon); /* whatever happens to this claim, there is another */
    if (!pg_ready(p->courier.db)) {
        return;
    }
    p->claiming = true;
    if (task_start(p->courier.process->loop, "claim", ARENA_MAX, CLAIM_DEADLINE_MS, claim_body,
                   p) != OK) {
        p->claiming = false;
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    claim_start(arg);
}

static void on_outbox(void *arg, struct str payload)
{
    (void)payload;
    claim_start(arg);
}

static void on_drain(struct process *self)
{
    struct courier_process *p = self->app;
    p->draining = true;
    stop_when_idle(p);
}

static void database_open(struct courier *c)
{
    const struct config *config = c->process->config;
    struct pg_settings settings = {
        .host = config->db_host,
        .database = config->db_name,
        .user = config->db_courier.user,
        .password = c->process->db_password,
        .port = config->db_port,
        .read_connections = 1,
        .write_connections = 1,
        .role = "courier",
    };
    if (pg_new(c->process->loop, &settings, &c->db) != OK) {
        bug("courier: no database client: %s", err_reason());
    }
}

void courier_body(struct process *self)
{
    static struct courier_process p; /* one per process */
    p.courier.process = self;
    self->app = &p;
    self->on_drain = on_drain;
    database_open(&p.courier);
    pg_listen(p.courier.db, "authd_outbox", on_outbox, &p);
    if (poster_new(self->loop, &p.courier.poster) != OK ||
        resolver_new(self->loop, &p.courier.resolver) != OK) {
        bug("courier: %s", err_reason());
    }
    p.timer = evtimer_new(loop_base(self->loop), on_timer, &p);
    if (!p.timer) {
        bug("courier: no timer");
    }
    if (process_sandbox(self) != OK) {
        bug("courier: no sandbox: %s", err_reason());
    }
    process_ready(self);
    claim_start(&p);
    loop_run(self->loop);
    event_free(p.timer);
    resolver_free(p.courier.resolver);
    poster_free(p.courier.poster);
    pg_free(p.courier.db);
}
