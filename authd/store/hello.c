/* What a connection says before it is ready: two groups.  The first sets how the server is to plan
 * and commit for us and asks what it is (its process, whether it takes writes, whether it holds a
 * sandbox); the second prepares the statements of our role.
 *
 * A server that refuses, or that is not what we look for, is left through conn_break: conn.c tries
 * the next.  Nothing is asked again on a connection that is ready. */
#include "store/hello.h"

#include <stdio.h>

#include "base/clock.h"
#include "log/log.h"
#include "store/conninfo.h"
#include "store/engine.h"
#include "store/hosts.h"

/* For every statement the plan that was made once, always row by row through indexes: tables that
 * were empty when the plan was made would otherwise be read whole until the next ANALYZE. */
static const char SETTINGS[] =
    "SELECT set_config('search_path', $2, false), set_config('statement_timeout', '10s', "
    "false),"
    " set_config('lock_timeout', '5s', false), set_config('plan_cache_mode', 'force_generic_plan', "
    "false),"
    " set_config('enable_seqscan', 'off', false), set_config('enable_mergejoin', 'off', false), "
    "set_config('enable_bitmapscan', 'off', false), set_config('enable_hashjoin', 'off', false),"
    " set_config('jit', 'off', false), set_config('synchronous_commit', $1, false)";
static const char BACKEND[] = "SELECT pg_backend_pid(), backend_start, " HOSTS_TAKES_NO_WRITES
                              ", to_regnamespace('" SANDBOX_SCHEMA "') IS NOT NULL"
                              " FROM pg_stat_activity WHERE pid = pg_backend_pid()";

static void hello_result(struct group *g, size_t index, PGresult *result);
static void hello_done(struct group *g, bool lost);

static void hello_end(struct conn *c, bool sent)
{
    if (!sent) {
        conn_break(c);
        return;
    }
    c->hello = (struct group){.on_result = hello_result, .on_done = hello_done};
    (void)conn_group_end(c, &c->hello);
}

void hello_say(struct conn *c)
{
    if (PQsetnonblocking(c->pq, 1) != 0 || PQenterPipelineMode(c->pq) != 1) {
        conn_break(c);
        return;
    }
    c->state = CONN_PREPARING;
    c->hello_failed = c->settled = false;
    const char *settings[] = {c->class == CONN_ASYNC ? "off" : "on",
                              c->db->sandbox ? SANDBOX_SEARCH_PATH : SEARCH_PATH};
    hello_end(c, PQsendQueryParams(c->pq, SETTINGS, 2, NULL, settings, NULL, NULL, 1) == 1 &&
                     PQsendQueryParams(c->pq, BACKEND, 0, NULL, NULL, NULL, NULL, 1) == 1);
}

static void prepare_all(struct conn *c)
{
    bool sent = true;
    for (enum sql_name s = 0; sent && s < SQL_COUNT; s++) {
        if (pg_uses(c->db, s)) {
            sent =
                PQsendPrepare(c->pq, sql_statements[s].name, sql_statements[s].text, 0, NULL) == 1;
        }
    }
    c->settled = true;
    hello_end(c, sent);
}

static struct conn *conn_of_hello(struct group *g)
{
    return (struct conn *)(void *)((char *)g - offsetof(struct conn, hello));
}

static const char *hello_subject(const struct conn *c, size_t index)
{
    for (enum sql_name s = 0; c->settled && s < SQL_COUNT; s++) {
        if (pg_uses(c->db, s) && index-- == 0) {
            return sql_statements[s].name;
        }
    }
    return "settings";
}

static void hello_result(struct group *g, size_t index, PGresult *result)
{
    struct conn *c = conn_of_hello(g);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK && !c->settled && index == 1 && PQntuples(result) == 1) {
        struct row row = {result, 0, 0};
        c->backend_pid = (int)row_int(&row);
        c->backend_start = row_int(&row);
        if (row_bool(&row)) {
            c->standby = true;
            c->why = "the server takes no writes: a standby";
        }
        if (row_bool(&row) != c->db->sandbox) {
            c->hello_failed = true;
            pg_sandbox_mismatch(c->db->sandbox);
        }
    } else if (status == PGRES_FATAL_ERROR) {
        c->hello_failed = true;
        (void)snprintf(c->db->failure, sizeof c->db->failure,
                       "%s: %s; does the schema fit the program? authctl migrate",
                       hello_subject(c, index),
                       PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
        log_event(LOG_ERROR, DB_FAILED, LOG_Z("statement", hello_subject(c, index)),
                  LOG_Z("sqlstate", PQresultErrorField(result, PG_DIAG_SQLSTATE)),
                  LOG_Z("why", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)),
                  LOG_Z("cure", "does the schema fit the program? authctl migrate"));
    }
    PQclear(result);
}

static void hello_done(struct group *g, bool lost)
{
    struct conn *c = conn_of_hello(g);
    if (lost) {
        return;
    }
    if (c->hello_failed || c->why != NULL) {
        conn_break(c);
        return;
    }
    if (!c->settled) {
        prepare_all(c);
        return;
    }
    c->state = CONN_READY;
    c->failures = 0;
    c->tried = 0;
    c->db->primary = c->host;
    (void)evtimer_del(c->timer);
    log_event(LOG_INFO, DB_CONNECTED, LOG_INT("class", c->class), LOG_INT("number", c->number),
              LOG_Z("host", c->db->hosts.of[c->host]),
              LOG_INT("ms", clock_mono_ms() - c->connecting_since_ms));
    pg_conn_ready(c);
}
