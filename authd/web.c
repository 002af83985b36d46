/* The web process: HTTP in, answers out.  It holds no private key but the TLS key, no password
 * hash, and after process_sandbox opens no file and makes no connection but to PostgreSQL's Unix
 * socket. */
#include <malloc.h>
#include "http/server.h"
#include "log/log.h"
#include "metrics.h"
#include "oidc/known_tokens.h"
#include "oidc/party_cache.h"
#include "page/page.h"
#include "peer/look.h"
#include "process/app.h"
#include "process/process.h"
#include "routes.h"
#include "sandbox/sandbox.h"
#include "sso/sso.h"
#include "store/pg.h"

#define DRAIN_LATEST_MS 15000
#define SIGNER_GATHER 4 /* signatures: 0.1 ms */
#define SAMPLE_S 1
#define SAMPLES_A_STACK 15 /* the kernel is asked for every stack */
#define MANY_CONNECTIONS 500
#define VERIFIER_WINDOW 2 /* one is worked on, the next is there already */
#define LOOK_AGAIN_MS 20

struct web {
    struct app app; /* first: req->app points here */
    struct http_server *server, *metrics;
    struct event *drain_timer, *sample_timer;
    unsigned samples;
    const char *hosts[2], *metrics_hosts[2];
    size_t most_connections; /* since memory was last given back */
};

static struct http_limits limits_of(const struct config *c)
{
    return (struct http_limits){.header_max = (size_t)c->header_max,
                                .head_ms = c->head_timeout_ms,
                                .body_ms = c->body_timeout_ms,
                                .idle_ms = c->idle_timeout_ms,
                                .connections_max = (unsigned)c->connections_max,
                                .per_address_max = (unsigned)c->connections_per_address,
                                .request_ms = c->request_timeout_ms,
                                .trusted_proxy = c->trusted_proxy};
}

static void on_config(struct process *self)
{
    struct web *w = self->app;
    w->app.config = self->config;
    http_server_limits(w->server, limits_of(self->config));
}

static enum err tls_set(struct process *self)
{
    struct web *w = self->app;
    return http_server_tls(w->server, self->tls_certificate, self->tls_key);
}

/* A certificate that can't be used leaves the old one in place. */
static void on_tls(struct process *self)
{
    enum err e = tls_set(self);
    if (e != OK) {
        log_failure(LOG_ERROR, TLS_FAILED, e);
    } else {
        log_event(LOG_INFO, TLS_RELOADED, LOG_INT("number", self->number));
    }
}

static void stop(void *arg)
{
    struct process *self = arg;
    loop_stop(self->loop);
}

static void on_drain_late(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    stop(arg);
}

static void on_drain(struct process *self)
{
    struct web *w = self->app;
    enum http_drain how = self->relieved ? HTTP_DRAIN_RELIEVED : HTTP_DRAIN_STOP;
    /* Kept connections end with their next answer or their idle time: by then all are gone. */
    int64_t latest_ms = DRAIN_LATEST_MS + (self->relieved ? w->app.config->idle_timeout_ms : 0);
    struct timeval latest = {latest_ms / 1000, 0};
    w->app.draining = !self->relieved; /* a relieved node is as ready as before */
    evtimer_add(w->drain_timer, &latest);
    if (w->metrics != NULL) {
        http_server_drain(w->metrics, how, NULL, NULL);
    }
    http_server_drain(w->server, how, stop, self);
}

/* What `authctl status` and `authctl tasks` ask. */
static enum err serve(struct task *t, void *app, uint16_t op, struct str request,
                      struct str *answer)
{
    struct web *w = app;
    (void)request;
    struct process *self = w->app.process;
    json_t *more = json_own(t->arena, json_object());
    json_object_set_new(more, "number", json_integer(self->number));
    json_object_set_new(more, "database", json_boolean(pg_ready(w->app.db)));
    json_object_set_new(more, "sandbox_missing", json_string(self->sandbox_missing));
    return look_answer(t, self->loop, op, more, answer);
}

/* Numbers for /metrics. */

static void on_request(void *arg, size_t route, int status, int64_t us)
{
    struct process *self = arg;
    board_request(self->counts, route, status, us);
}

/* How long a request of this kind would wait for the process that does its work. */
static int64_t wait_ms(void *arg, enum work work)
{
    const struct process *self = arg;
    switch (work) {
    case WORK_LOGIN:
        return peer_wait_ms(self->verifiers);
    case WORK_TOKEN:
        return peer_wait_ms(self->signers);
    default:
        return 0;
    }
}

/* After a flood the allocator holds what ten thousand connections needed: it goes back to the
 * system when some of them are gone: the next wave finds whole pages and not holes. */
static void give_memory_back(struct web *w)
{
    size_t now = http_server_connections(w->server);
    if (now > w->most_connections) {
        w->most_connections = now;
    } else if (w->most_connections > MANY_CONNECTIONS &&
               now < w->most_connections - w->most_connections / 8) {
        (void)malloc_trim(0);
        w->most_connections = now;
    }
}

static void on_sample(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct process *self = arg;
    struct web *w = self->app;
    struct board_slot *to = self->counts;
    give_memory_back(w);
    board_gauge_set(to, GAUGE_TASKS, (int64_t)loop_tasks_running(self->loop));
    board_gauge_set(to, GAUGE_STACKS, (int64_t)loop_stacks(self->loop));
    if (w->samples++ % SAMPLES_A_STACK == 0) {
        board_gauge_set(to, GAUGE_STACK_HIGH_WATER, (int64_t)loop_stack_high_water(self->loop));
    }
    board_gauge_set(to, GAUGE_CONNECTIONS, (int64_t)http_server_connections(w->server));
    board_gauge_set(to, GAUGE_SIGNER_CALLS, (int64_t)peer_in_flight(self->signers));
    board_gauge_set(to, GAUGE_VERIFIER_CALLS, (int64_t)peer_in_flight(self->verifiers));
    board_gauge_set(to, GAUGE_DATABASE_READY, pg_ready(w->app.db));
    board_gauge_set(to, GAUGE_CLOCK_OFFSET, pg_clock_offset_ms(w->app.db));
}

static enum err metrics_serve(struct process *self, struct web *w)
{
    const struct config *c = self->config;
    struct timeval period = {SAMPLE_S, 0};
    http_server_observe(w->server, on_request, self);
    w->sample_timer = event_new(loop_base(self->loop), -1, EV_PERSIST, on_sample, self);
    if (w->sample_timer == NULL || event_add(w->sample_timer, &period) != 0) {
        return fail(ERR_NO_MEMORY, "web");
    }
    if (self->metrics_fd < 0) {
        return OK;
    }
    w->metrics_hosts[0] = c->metrics_listen;
    TRY(http_server_new(self->loop, metrics_routes, &w->app, metrics_missing, NULL, limits_of(c),
                        w->metrics_hosts, &w->metrics));
    return http_server_listen(w->metrics, self->metrics_fd, false);
}

static enum err database_open(struct process *self, struct web *w)
{
    const struct config *c = self->config;
    struct pg_settings s = {.host = c->db_host,
                            .database = c->db_name,
                            .sandbox = c->sandbox,
                            .user = c->db_web.user,
                            .password = self->db_password,
                            .port = c->db_port,
                            .read_connections = (size_t)c->db_read_connections,
                            .write_connections = (size_t)c->db_write_connections,
                            .role = "web"};
    return pg_new(self->loop, &s, &w->app.db);
}

static enum err set_up(struct process *self, struct web *w)
{
    const struct config *c = self->config;
    self->app = w;
    w->app = (struct app){
        .process = self, .config = c, .signers = self->signers, .verifiers = self->verifiers};
    w->hosts[0] = c->issuer_host;
    peer_window(self->verifiers, VERIFIER_WINDOW);
    peer_gather(self->signers, SIGNER_GATHER, (size_t)self->number);
    TRY(database_open(self, w));
    const struct route *served = c->sandbox ? sandbox_routes(routes) : routes;
    TRY(http_server_new(self->loop, served, &w->app, routes_missing, routes_broken, limits_of(c),
                        w->hosts, &w->server));
    http_server_waits(w->server, wait_ms, self);
    w->drain_timer = evtimer_new(loop_base(self->loop), on_drain_late, self);
    if (w->drain_timer == NULL) {
        return fail(ERR_NO_MEMORY, "web");
    }
    if (c->tls) {
        TRY(tls_set(self));
    }
    self->on_config = on_config;
    self->on_tls = on_tls;
    self->on_drain = on_drain;
    self->serve = serve;
    if (c->sandbox) {
        page_mark_sandbox();
        board_gauge_set(self->counts, GAUGE_SANDBOX, 1);
    }
    return process_sandbox(self);
}

static enum err accept_begin(struct process *self, struct web *w)
{
    TRY(metrics_serve(self, w));
    return http_server_listen(w->server, self->listen_fd, self->config->tls);
}

/* As an heir: what is accepted must be answered as well as the old process would have. */
static enum err well(struct task *t, struct process *self)
{
    struct web *w = self->app;
    const struct app_keys *keys;
    TRY(pg_wait_well(t, w->app.db));
    while (app_keys(t, &w->app, &keys) != OK) {
        TRY(task_sleep(t, LOOK_AGAIN_MS)); /* the clerk brings them to the signers */
    }
    return accept_begin(self, w);
}

void web_body(struct process *self)
{
    struct web w = {0};
    enum err e = set_up(self, &w);
    if (e == OK && !self->heir) {
        e = accept_begin(self, &w);
    }
    if (e == OK) {
        process_ready_when(self, well);
        loop_run(self->loop);
    } else {
        log_failure(LOG_ERROR, INTERNAL_ERROR, e, LOG_Z("process", "web"));
    }
    http_server_free(w.metrics);
    http_server_free(w.server);
    if (w.sample_timer != NULL) {
        event_free(w.sample_timer);
    }
    if (w.drain_timer != NULL) {
        event_free(w.drain_timer);
    }
    party_cache_free(&w.app);
    known_tokens_free(w.app.tokens);
    pg_free(w.app.db);
}
