/* The clerk's process: a turn of duties every second, and at once when the key store changes or a
 * signer was restarted.  A turn is one task with its own arena and deadline; the next begins when
 * it has ended.
 *
 * The database may be away at any time: then a turn ends early and the next one tries again.
 * Nothing here reads a person's data, and private keys pass through sealed. */
#include "clerk/clerk.h"

#include <event2/event.h>
#include <string.h>

#include "base/clock.h"
#include "log/log.h"
#include "store/keystore.h"

#define TURN_PERIOD_S 1
#define LOOK_AGAIN_US 20000    /* for the database */
#define TURN_DEADLINE_MS 60000 /* a first start makes eight signing keys, four of them RSA */
#define TURN_ARENA ((size_t)32 * 1024 * 1024)
struct clerk_process {
    struct clerk clerk;
    struct event *tick;
    bool turning;
    bool again; /* something happened during the turn */
};

static enum err turn_duties(struct task *t, struct clerk *c)
{
    if (c->process->config->sandbox) {
        TRY(clerk_sandbox(t, c));
    }
    TRY(store_clerk_lock(t, c->db, &c->holds_lock));
    TRY(clerk_erasures(t, c));
    TRY(clerk_keys(t, c));
    clerk_clock(c);
    TRY(clerk_node(t, c));
    TRY(clerk_measure(t, c));
    if (c->holds_lock) {
        TRY(clerk_partitions(t, c));
        TRY(clerk_expire(t, c));
    }
    return OK;
}

static void turn(struct task *t, void *arg)
{
    struct clerk_process *p = arg;
    enum err e = turn_duties(t, &p->clerk);
    if (e != OK && e != ERR_UNAVAILABLE && p->clerk.ledger_agrees) {
        log_failure(LOG_WARN, CLERK_RAN, e, LOG_Z("duty", "turn"));
    }
}

/* Keys that fall due before the next tick are not kept waiting: a portal that fetches the set right
 * after a switch should find the next `next` in it. */
static void tick_in_time(struct clerk_process *p)
{
    const struct clerk *c = &p->clerk;
    int64_t now_ms = clock_now_ms();
    int64_t left_ms = c->next_key_event_at * 1000 - now_ms;
    if (c->holds_lock && left_ms > 0 && left_ms < TURN_PERIOD_S * 1000) {
        struct timeval in = {0, (suseconds_t)(left_ms * 1000)};
        evtimer_add(p->tick, &in);
    }
}

static void turn_ended(struct task *t, void *arg, enum err how)
{
    struct clerk_process *p = arg;
    (void)t;
    p->turning = false;
    if (how != OK) {
        log_event(LOG_ERROR, CLERK_RAN, LOG_Z("duty", "turn"), LOG_Z("err", err_name(how)));
    }
    if (p->again) {
        p->again = false;
        struct timeval soon = {0, 1000};
        evtimer_add(p->tick, &soon);
        return;
    }
    tick_in_time(p);
}

static void turn_body(struct task *t, void *arg)
{
    task_on_end(t, turn_ended, arg);
    turn(t, arg);
}

static void turn_start(struct clerk_process *p)
{
    if (p->turning) {
        p->again = true;
        return;
    }
    if (!pg_ready(p->clerk.db)) { /* at the start nobody is served before the keys are loaded */
        struct timeval soon = {0, LOOK_AGAIN_US};
        evtimer_add(p->tick, &soon);
        return;
    }
    p->turning = true;
    enum err e = task_start(p->clerk.process->loop, "clerk turn", TURN_ARENA, TURN_DEADLINE_MS,
                            turn_body, p);
    if (e != OK) {
        p->turning = false;
        log_failure(LOG_ERROR, CLERK_RAN, e, LOG_Z("duty", "turn"));
    }
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct clerk_process *p = arg;
    (void)fd;
    (void)what;
    struct timeval period = {TURN_PERIOD_S, 0};
    evtimer_add(p->tick, &period);
    turn_start(p);
}

static void on_keystore(void *arg, struct str payload)
{
    (void)payload;
    turn_start(arg);
}

static void on_channel(struct process *self)
{
    struct clerk_process *p = self->app;
    p->clerk.load_wanted = true;
    turn_start(p);
}

static void on_config(struct process *self)
{
    struct clerk_process *p = self->app;
    p->clerk.load_wanted = true; /* lifetimes decide what is due */
    p->clerk.next_key_event_at = 1;
    turn_start(p);
}

static void on_drain(struct process *self)
{
    loop_stop(self->loop);
}

static enum err well(struct task *t, struct process *self)
{
    return pg_wait_well(t, ((struct clerk_process *)self->app)->clerk.db);
}

void clerk_body(struct process *self)
{
    static struct clerk_process p; /* one per process */
    p.clerk.process = self;
    p.clerk.load_wanted = true;
    p.clerk.next_key_event_at = 1;
    self->app = &p;
    self->on_channel = on_channel;
    self->on_config = on_config;
    self->on_drain = on_drain;

    if (self->start_secret.n == sizeof p.clerk.ledger_key) {
        memcpy(p.clerk.ledger_key, self->start_secret.p, self->start_secret.n);
    }
    clerk_node_name(&p.clerk);
    const struct config *config = self->config;
    struct pg_settings settings = {
        .host = config->db_host,
        .database = config->db_name,
        .sandbox = config->sandbox,
        .user = config->db_clerk.user,
        .password = self->db_password,
        .port = config->db_port,
        .read_connections = 1,
        .write_connections = 1,
        .role = "clerk",
    };
    if (pg_new(self->loop, &settings, &p.clerk.db) != OK) {
        bug("clerk: no database client: %s", err_reason());
    }
    pg_listen(p.clerk.db, "authd_keystore", on_keystore, &p);
    if (config->sandbox) {
        pg_listen(p.clerk.db, "authd_sandbox", on_keystore, &p);
    }
    p.tick = evtimer_new(loop_base(self->loop), on_tick, &p);
    if (!p.tick) {
        bug("clerk: no timer");
    }
    if (process_sandbox(self) != OK) {
        bug("clerk: no sandbox: %s", err_reason());
    }
    process_ready_when(self, well);
    on_tick(-1, 0, &p);
    loop_run(self->loop);
    event_free(p.tick);
    pg_free(p.clerk.db);
}
