/* One pipelined connection on the loop, to the server that takes writes (reconnect.c says which
 * host is tried).
 *
 * libpq in non-blocking pipeline mode; results come in the order in which statements were sent, so
 * the groups in flight are a plain queue.  A connection is closed only from its own event handlers,
 * never from inside a call of its users: what fails meanwhile sets `broken`. */
#include "store/conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "log/log.h"
#include "store/conninfo.h"
#include "store/engine.h"
#include "store/hello.h"

static void on_io(evutil_socket_t fd, short what, void *arg);
static void on_timer(evutil_socket_t fd, short what, void *arg);

enum err conn_init(struct conn *c, struct pg *db, enum conn_class class, size_t number)
{
    *c = (struct conn){.db = db, .class = class, .number = number, .last = &c->first};
    c->timer = evtimer_new(loop_base(db->loop), on_timer, c);
    return c->timer == NULL ? fail(ERR_NO_MEMORY, "pg: no memory") : OK;
}

static void timer_in(struct conn *c, int64_t ms)
{
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
    (void)evtimer_add(c->timer, &tv);
}

static void watch(struct conn *c, short what)
{
    int fd = PQsocket(c->pq);
    if (c->io != NULL && c->watched == what && event_get_fd(c->io) == fd) {
        return;
    }
    if (c->io != NULL) {
        event_free(c->io);
        c->io = NULL;
    }
    c->watched = what;
    c->io = event_new(loop_base(c->db->loop), fd, (short)(what | EV_PERSIST), on_io, c);
    if (c->io == NULL || event_add(c->io, NULL) != 0) {
        bug("pg: cannot watch a socket");
    }
}

void conn_break(struct conn *c)
{
    if (!c->broken && c->state != CONN_CLOSED) {
        c->broken = true;
        event_active(c->timer, EV_TIMEOUT, 0);
    }
}

/* Of what a server warns, one thing can concern us: that it was made to stop waiting for the
 * standby ("… has already committed locally, but might not have been replicated").  libpq may hand
 * a notice out one group early, so every group in flight is marked; who is marked wrongly is asked
 * about once more, and that is all. */
static void on_notice(void *arg, const PGresult *result)
{
    struct conn *c = arg;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (c->class != CONN_SYNC || severity == NULL || strcmp(severity, "WARNING") != 0) {
        return;
    }
    for (struct group *g = c->first; g != NULL; g = g->next) {
        g->warned = true;
    }
    if (c->state == CONN_READY && c->first != NULL) {
        const char *said = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        log_event(LOG_WARN, DB_NOT_REPLICATED, LOG_Z("host", c->db->hosts.of[c->host]),
                  LOG_Z("why", said == NULL ? "" : said));
    }
}

void conn_open(struct conn *c)
{
    struct conninfo info = conninfo_of(&(struct conninfo_where){
        .host = c->db->hosts.of[c->host],
        .port = c->db->port,
        .database = c->db->database,
        .user = c->db->user,
        .password = c->db->password,
    });
    c->pq = PQconnectStartParams(info.keys, info.values, 0);
    if (c->pq == NULL) {
        bug("pg: no memory for a connection");
    }
    c->state = CONN_CONNECTING;
    c->broken = c->standby = c->told = false;
    c->why = NULL;
    c->connecting_since_ms = clock_mono_ms();
    (void)PQsetNoticeReceiver(c->pq, on_notice, c);
    timer_in(c, reconnect_limit_ms(c));
    if (PQstatus(c->pq) == CONNECTION_BAD || PQsocket(c->pq) < 0) {
        conn_break(c);
        return;
    }
    watch(c, EV_WRITE);
}

void conn_try_now(struct conn *c)
{
    if (c->state == CONN_CLOSED && c->timer != NULL) {
        c->host = c->db->primary;
        c->tried = 0;
        timer_in(c, rand_below(10));
    }
}

static void close_pq(struct conn *c)
{
    if (c->io != NULL) {
        event_free(c->io);
        c->io = NULL;
    }
    PQfinish(c->pq);
    c->pq = NULL;
    c->state = CONN_CLOSED;
    c->broken = false;
}

static void lose(struct conn *c)
{
    bool stood = c->state == CONN_READY;
    char why[160];
    const char *text = c->why != NULL ? c->why : PQerrorMessage(c->pq);
    size_t n = strcspn(text, "\n");
    n = n < sizeof why ? n : sizeof why - 1;
    memcpy(why, text, n);
    bool loud = stood || (c->failures == 0 && !c->standby);
    log_event(loud ? LOG_WARN : LOG_DEBUG, DB_LOST, LOG_INT("class", c->class),
              LOG_INT("number", c->number), LOG_INT("attempt", c->failures),
              LOG_Z("host", c->db->hosts.of[c->host]), LOG_STR("why", str_of(why, n)));
    if (!c->hello_failed) {
        (void)snprintf(c->db->failure, sizeof c->db->failure, "%.*s", (int)n, why);
    }
    int64_t start = c->backend_start;
    int pid = c->backend_pid;
    close_pq(c);
    reconnect_choose(c, stood);
    timer_in(c, reconnect_wait_ms(c));

    struct group *g = c->first;
    c->first = NULL;
    c->last = &c->first;
    c->depth = 0;
    c->backend_pid = pid; /* who is told of the loss may ask whose commit it was */
    c->backend_start = start;
    while (g != NULL) {
        struct group *next = g->next;
        g->on_done(g, true);
        g = next;
    }
    pg_conn_lost(c);
}

void conn_done(struct conn *c)
{
    if (c->pq != NULL) {
        close_pq(c);
    }
    if (c->timer != NULL) {
        event_free(c->timer);
        c->timer = NULL;
    }
}

void conn_renew(struct conn *c, const char *why)
{
    c->why = why;
    conn_break(c);
}

void conn_leave(struct conn *c, const char *why)
{
    struct pg *db = c->db;
    if (c->state == CONN_READY && !c->broken && c->host == db->primary) {
        db->primary = hosts_next(&db->hosts, c->host);
    }
    conn_renew(c, why);
}

static void flush(struct conn *c)
{
    int left = PQflush(c->pq);
    if (left < 0) {
        conn_break(c);
        return;
    }
    watch(c, left > 0 ? EV_READ | EV_WRITE : EV_READ);
}

/* What all requests of one turn of the loop have to say leaves in one write. */
static void flush_turn(void *arg)
{
    struct conn *c = arg;
    if (c->pq != NULL && !c->broken) {
        flush(c);
    }
}

bool conn_statement(struct conn *c, enum sql_name sql, const struct value *v, size_t n)
{
    enum { PARAMETERS_MAX = 64 };
    const char *values[PARAMETERS_MAX];
    int lengths[PARAMETERS_MAX], formats[PARAMETERS_MAX];
    if (n > PARAMETERS_MAX) {
        bug("pg: %zu parameters", n);
    }
    if (c->pq == NULL || c->broken) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        values[i] = v[i].n < 0 ? NULL : v[i].p == NULL ? "" : v[i].p;
        lengths[i] = v[i].n < 0 ? 0 : v[i].n;
        formats[i] = 1;
    }
    if (PQsendQueryPrepared(c->pq, sql_statements[sql].name, (int)n, values, lengths, formats, 1) !=
        1) {
        conn_break(c);
        return false;
    }
    return true;
}

bool conn_text(struct conn *c, const char *sql)
{
    if (c->pq == NULL || c->broken) {
        return false;
    }
    if (PQsendQueryParams(c->pq, sql, 0, NULL, NULL, NULL, NULL, 1) != 1) {
        conn_break(c);
        return false;
    }
    return true;
}

bool conn_group_end(struct conn *c, struct group *g)
{
    g->next = NULL;
    g->results = 0;
    g->warned = false;
    *c->last = g;
    c->last = &g->next;
    if (c->depth++ == 0) {
        c->progress_ms = clock_mono_ms();
    }
    if (c->pq == NULL || c->broken || PQpipelineSync(c->pq) != 1) {
        conn_break(c);
        return false;
    }
    loop_at_turn_end(c->db->loop, flush_turn, c);
    return true;
}

static bool is_last_word(const PGresult *result)
{
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return severity == NULL || strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0;
}

static void notifications(struct conn *c)
{
    PGnotify *n;
    while (c->pq != NULL && (n = PQnotifies(c->pq)) != NULL) {
        pg_conn_notified(c, n->relname, n->extra);
        PQfreemem(n);
    }
}

static void receive(struct conn *c)
{
    int silent = 0;
    while (c->first != NULL && !c->broken && PQisBusy(c->pq) == 0) {
        PGresult *result = PQgetResult(c->pq);
        if (result == NULL) { /* the end of one statement */
            if (PQstatus(c->pq) == CONNECTION_BAD || ++silent > 2) {
                conn_break(c);
            }
            continue;
        }
        silent = 0;
        c->progress_ms = c->heard_ms = clock_mono_ms();
        struct group *g = c->first;
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            c->first = g->next;
            if (c->first == NULL) {
                c->last = &c->first;
            }
            c->depth--;
            g->on_done(g, false);
            if (c->depth == 0 && c->state == CONN_READY && !c->broken) {
                pg_conn_idle(c);
            }
        } else if (status == PGRES_FATAL_ERROR && is_last_word(result)) {
            PQclear(result); /* the connection ends; what was in flight is unknown, not failed */
            conn_break(c);
        } else {
            g->on_result(g, g->results++, result);
        }
    }
    notifications(c);
}

static void go_on_connecting(struct conn *c)
{
    switch (PQconnectPoll(c->pq)) {
    case PGRES_POLLING_READING:
        watch(c, EV_READ);
        break;
    case PGRES_POLLING_WRITING:
        watch(c, EV_WRITE);
        break;
    case PGRES_POLLING_OK:
        hello_say(c);
        break;
    default:
        conn_break(c);
    }
}

static void on_io(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    struct conn *c = arg;
    if (c->broken) {
        return;
    }
    if (c->state == CONN_CONNECTING) {
        /* The socket may be another one after each step. */
        event_free(c->io);
        c->io = NULL;
        go_on_connecting(c);
        return;
    }
    if ((what & EV_READ) != 0 && PQconsumeInput(c->pq) != 1) {
        receive(c); /* what came before the end */
        conn_break(c);
        return;
    }
    receive(c);
    if (!c->broken && c->pq != NULL) {
        flush(c);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct conn *c = arg;
    if (c->state == CONN_CLOSED) {
        conn_open(c);
    } else if (c->broken) {
        lose(c);
    } else if (c->state != CONN_READY) {
        c->why = "no answer in time";
        lose(c);
    }
}
