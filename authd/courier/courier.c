/* The courier's process: claims what is due, deliveries of the outbox, keys behind clients'
 * jwks_uri, and documents an administrator waits for; one task for each, few at once.  Rows of one
 * recipient go in sequence, because only the oldest of each is ever due (store/outbox.sql).
 *
 * What dies with its process is claimed again when its lease ends: portals may hear the same logout
 * twice, with the same jti.  It is the only process of ours that connects outward, and it has no
 * key, no person's data, and no socket that listens. */
#include "courier/courier.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/buf.h"
#include "log/log.h"
#include "store/sector_document.h"

#define LEASE_S 60
#define CLAIM_DEADLINE_MS 10000
#define ERRAND_DEADLINE_MS 30000
#define ARENA_MAX ((size_t)4 * 1024 * 1024)
#define SLEEP_MAX_S 60
#define SLEEP_BROKEN_S 2

/* Each kind has its own limit: slow portals do not keep others' keys waiting. */
enum errand_kind { ERRAND_DELIVERY, ERRAND_KEYS, ERRAND_SECTOR, ERRAND_KINDS };
static const size_t in_flight_max[ERRAND_KINDS] = {
    [ERRAND_DELIVERY] = 32, [ERRAND_KEYS] = 8, [ERRAND_SECTOR] = 2};
static const char *const errand_names[ERRAND_KINDS] = {
    [ERRAND_DELIVERY] = "delivery", [ERRAND_KEYS] = "keys", [ERRAND_SECTOR] = "sector"};

struct courier_process {
    struct courier courier;
    struct event *timer;
    size_t in_flight[ERRAND_KINDS];
    bool claiming, again, draining;
};

/* One row on its way, in memory of its own: it outlives the task that claimed it. */
struct errand {
    struct courier_process *courier;
    struct arena *arena;
    enum errand_kind kind;
    struct outbox_row row;       /* ERRAND_DELIVERY */
    struct client_keys_due keys; /* ERRAND_KEYS */
    struct str sector_uri;       /* ERRAND_SECTOR */
};

static void claim_start(struct courier_process *p);

static void stop_when_idle(struct courier_process *p)
{
    bool idle = !p->claiming;
    for (size_t i = 0; i < ERRAND_KINDS; i++) {
        idle = idle && p->in_flight[i] == 0;
    }
    if (p->draining && idle) {
        loop_stop(p->courier.process->loop);
    }
}

static void log_broken(const struct errand *d, enum err how)
{
    switch (d->kind) {
    case ERRAND_KEYS:
        log_failure(LOG_WARN, CLIENT_KEYS, how, LOG_STR("client", d->keys.client_id));
        break;
    case ERRAND_SECTOR:
        log_failure(LOG_WARN, SECTOR_DOCUMENT, how, LOG_STR("uri", d->sector_uri));
        break;
    default:
        log_failure(LOG_WARN, DELIVERY_FAILED, how, LOG_STR("client", d->row.recipient));
    }
}

static void errand_end(struct task *t, void *arg, enum err how)
{
    struct errand *d = arg;
    struct courier_process *p = d->courier;
    (void)t;
    if (how != OK) {
        (void)fail(how, "its task was ended");
        log_broken(d, how);
    }
    p->in_flight[d->kind]--;
    arena_free(d->arena);
    free(d);
    claim_start(p);
    stop_when_idle(p);
}

static void errand_body(struct task *t, void *arg)
{
    struct errand *d = arg;
    struct courier *c = &d->courier->courier;
    task_on_end(t, errand_end, d);
    enum err e = d->kind == ERRAND_KEYS     ? courier_fetch_keys(t, c, &d->keys)
                 : d->kind == ERRAND_SECTOR ? courier_fetch_sector_document(t, c, d->sector_uri)
                                            : courier_deliver(t, c, &d->row);
    if (e != OK) {
        log_broken(d, e); /* its lease ends by itself */
    }
}

static enum err errand_new(struct courier_process *p, enum errand_kind kind, struct errand **out)
{
    struct errand *d = calloc(1, sizeof *d);
    struct arena *a = d ? arena_new(0) : NULL;
    if (!a) {
        free(d);
        return fail(ERR_NO_MEMORY, "courier: no memory");
    }
    d->courier = p;
    d->arena = a;
    d->kind = kind;
    *out = d;
    return OK;
}

static void own(struct errand *d, struct str *const texts[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        *texts[i] = texts[i]->p ? str_dup(d->arena, *texts[i]) : STR_NONE;
    }
}

static enum err errand_start(struct errand *d)
{
    struct courier_process *p = d->courier;
    enum err e = task_start(p->courier.process->loop, errand_names[d->kind], ARENA_MAX,
                            ERRAND_DEADLINE_MS, errand_body, d);
    if (e != OK) {
        arena_free(d->arena);
        free(d);
        return e;
    }
    p->in_flight[d->kind]++;
    return OK;
}

static size_t room(const struct courier_process *p, enum errand_kind kind)
{
    size_t n = p->in_flight[kind];
    return n < in_flight_max[kind] ? in_flight_max[kind] - n : 0; /* who ends claims again */
}

static enum err claim_keys(struct task *t, struct courier_process *p, int64_t *sleep_s)
{
    struct client_keys_due *due;
    size_t n, most = room(p, ERRAND_KEYS);
    if (!most) {
        return OK;
    }
    TRY(store_client_keys_claim(t, p->courier.db, most, LEASE_S, &due, &n));
    for (size_t i = 0; i < n; i++) {
        struct errand *d;
        TRY(errand_new(p, ERRAND_KEYS, &d));
        d->keys = due[i];
        own(d, (struct str *const[]){&d->keys.client_id, &d->keys.uri, &d->keys.jwks}, 3);
        TRY(errand_start(d));
    }
    return store_client_keys_next(t, p->courier.db, SLEEP_MAX_S, sleep_s);
}

static enum err claim_sector_documents(struct task *t, struct courier_process *p)
{
    struct str *uris;
    size_t n, most = room(p, ERRAND_SECTOR);
    if (!most) {
        return OK;
    }
    TRY(store_sector_document_claim(t, p->courier.db, most, &uris, &n));
    for (size_t i = 0; i < n; i++) {
        struct errand *d;
        TRY(errand_new(p, ERRAND_SECTOR, &d));
        d->sector_uri = uris[i];
        own(d, (struct str *const[]){&d->sector_uri}, 1);
        TRY(errand_start(d));
    }
    return OK;
}

static enum err claim_deliveries(struct task *t, struct courier_process *p, int64_t *sleep_s)
{
    struct outbox_row *rows;
    size_t n, most = room(p, ERRAND_DELIVERY);
    if (!most) {
        return OK;
    }
    TRY(store_outbox_claim(t, p->courier.db, most, LEASE_S, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        struct errand *d;
        TRY(errand_new(p, ERRAND_DELIVERY, &d));
        d->row = rows[i];
        own(d,
            (struct str *const[]){&d->row.recipient, &d->row.kind, &d->row.payload,
                                  &d->row.metadata, &d->row.sector},
            5);
        TRY(errand_start(d));
    }
    return store_outbox_next(t, p->courier.db, SLEEP_MAX_S, sleep_s);
}

/* Keys first: somebody may be waiting for them. */
static enum err claim(struct task *t, struct courier_process *p, int64_t *sleep_s)
{
    int64_t keys_s = SLEEP_MAX_S, deliveries_s = SLEEP_MAX_S;
    TRY(claim_keys(t, p, &keys_s));
    TRY(claim_sector_documents(t, p));
    TRY(claim_deliveries(t, p, &deliveries_s));
    *sleep_s = keys_s < deliveries_s ? keys_s : deliveries_s;
    return OK;
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

static void on_work(void *arg, struct str payload)
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
        .sandbox = config->sandbox,
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

static enum err well(struct task *t, struct process *self)
{
    return pg_wait_well(t, ((struct courier_process *)self->app)->courier.db);
}

void courier_body(struct process *self)
{
    static struct courier_process p; /* one per process */
    p.courier.process = self;
    self->app = &p;
    self->on_drain = on_drain;
    database_open(&p.courier);
    pg_listen(p.courier.db, "authd_outbox", on_work, &p);
    pg_listen(p.courier.db, "authd_client_keys", on_work, &p);
    pg_listen(p.courier.db, "authd_sector_document", on_work, &p);
    if (transfers_new(self->loop, &p.courier.transfers) != OK ||
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
    process_ready_when(self, well);
    claim_start(&p);
    loop_run(self->loop);
    event_free(p.timer);
    resolver_free(p.courier.resolver);
    transfers_free(p.courier.transfers);
    pg_free(p.courier.db);
}
