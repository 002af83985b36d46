/* Which server is the primary, and does it still answer?
 *
 * A connection that says nothing is one of three things.  Its host is dead or cut off: it is left,
 * and another host is tried.  Its commit waits for a standby and the host answers others: then it
 * is kept, because leaving it would help nobody and every connection that is closed while its
 * commit waits leaves a backend behind on the server.  Or the host was cut off from the other
 * servers and doesn't know yet that it is no longer the primary: so from time to time, at growing
 * intervals, one connection looks for another one.  A write is never cancelled: PostgreSQL would
 * commit it here and forget the standby. */
#include "base/clock.h"
#include "log/log.h"
#include "store/engine.h"

#define STUCK_MS 6000          /* lock_timeout and a bit */
#define SILENCE_LIMIT_MS 12000 /* statement_timeout and a bit */
#define ASK_AFTER_MS 2000      /* of silence: does the host answer others? */
#define ALIVE_MS 3500
#define PING_TICKS 5 /* with several hosts: a connection that idles is asked now and then */
#define PROBE_FIRST_MS 20000
#define PROBE_MAX_MS 600000

static int64_t silent_ms(const struct conn *c)
{
    bool busy = c->state == CONN_READY && !c->broken && c->depth > 0;
    return busy ? clock_mono_ms() - c->progress_ms : 0;
}

bool watch_stuck(const struct conn *c)
{
    return c->class != CONN_READ && silent_ms(c) > STUCK_MS;
}

static bool host_answers(const struct pg *db, size_t host)
{
    for (size_t i = 0; i < db->n_of_class[CONN_READ]; i++) {
        const struct conn *c = &db->of_class[CONN_READ][i];
        if (c->state == CONN_READY && c->host == host && clock_mono_ms() - c->heard_ms < ALIVE_MS) {
            return true;
        }
    }
    return false;
}

static void ask_readers(struct pg *db)
{
    for (size_t i = 0; i < db->n_of_class[CONN_READ]; i++) {
        struct conn *c = &db->of_class[CONN_READ][i];
        if (c->state == CONN_READY && !c->broken && c->depth == 0) {
            pg_clock_ask(c);
        }
    }
}

static void tell_once(struct conn *c, int64_t ms)
{
    if (!c->told) {
        c->told = true;
        log_event(LOG_WARN, DB_COMMIT_WAITS, LOG_Z("host", c->db->hosts.of[c->host]),
                  LOG_INT("ms", ms),
                  LOG_Z("cure", "does a synchronous standby run? see pg_stat_replication"));
    }
}

static bool probe_is_due(struct pg *db)
{
    int64_t now = clock_mono_ms();
    if (db->hosts.n == 1 || now < db->probe_at_ms) {
        return false;
    }
    db->probe_wait_ms = db->probe_wait_ms == 0 ? PROBE_FIRST_MS : db->probe_wait_ms * 2;
    db->probe_wait_ms = db->probe_wait_ms > PROBE_MAX_MS ? PROBE_MAX_MS : db->probe_wait_ms;
    db->probe_at_ms = now + db->probe_wait_ms;
    return true;
}

static void watch_writer(struct conn *c, int64_t ms)
{
    if (ms <= STUCK_MS) {
        c->told = false;
        return;
    }
    tell_once(c, ms);
    if (ms <= SILENCE_LIMIT_MS) {
        return;
    }
    if (!host_answers(c->db, c->host)) {
        conn_leave(c, "the server is silent");
    } else if (probe_is_due(c->db)) {
        conn_leave(c, "its commit waits; is another server the primary?");
    }
}

/* What idles there would only be found out when it is needed. */
static void leave_host(struct pg *db, size_t host)
{
    for (size_t i = 0; i < db->n_conns; i++) {
        struct conn *c = &db->conns[i];
        if (c->state == CONN_READY && c->host == host && c->depth == 0) {
            conn_leave(c, "the server is silent");
        }
    }
}

void watch_tick(struct pg *db)
{
    bool ask = db->hosts.n > 1 && db->ticks % PING_TICKS == 0;
    for (size_t i = 0; i < db->n_conns; i++) {
        struct conn *c = &db->conns[i];
        int64_t ms = silent_ms(c);
        if (c->class != CONN_READ) {
            ask = ask || ms > ASK_AFTER_MS;
            watch_writer(c, ms);
        } else if (ms > SILENCE_LIMIT_MS) {
            size_t host = c->host;
            conn_leave(c, "the server is silent");
            leave_host(db, host);
        }
    }
    if (ask) {
        ask_readers(db);
    }
    for (enum conn_class class = CONN_SYNC; class < CONN_CLASS_COUNT; class ++) {
        if (db->queues[class].first != NULL && pg_class_away(db, class)) {
            write_queue_fail(db, class);
        }
    }
}

void watch_proven(struct conn *c)
{
    struct pg *db = c->db;
    db->probe_at_ms = db->probe_wait_ms = 0;
    db->primary = c->host;
    for (size_t i = 0; db->hosts.n > 1 && i < db->n_conns; i++) {
        struct conn *other = &db->conns[i];
        if (other->state == CONN_READY && other->host != c->host) {
            conn_renew(other, "another server is the primary");
        }
    }
}
