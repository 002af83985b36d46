/* One blocking connection under authd_verifier.  A process without a loop has nothing else to do
 * while PostgreSQL works, so it waits; but never longer than its limit, because a commit may wait
 * for a standby that is gone and a host may be cut off.  What has not answered by then is unknown:
 * the connection is kept, and looked at by the next call, until it has been silent for so long that
 * another server is tried.  Nothing is ever cancelled. */
#include "store/vault_conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "log/log.h"
#include "sql/statements.h"
#include "store/blocking.h"
#include "store/database_clock.h"
#include "store/engine.h"

#define RETRY_MS 500
#define PREPARE_LIMIT_MS 5000
#define ANSWER_LIMIT_MS 6000 /* statement_timeout and a bit */
#define IDLE_MS 2000         /* of several hosts: asked first whether it is still the primary */
#define PING_LIMIT_MS 1500   /* and must say so within this time */
#define SILENCE_FIRST_MS 12000
#define SILENCE_MAX_MS 300000
#define PARAMETERS_MAX 64
#define CLOCK_AGE_MS 5000 /* then the database's clock is read again, before anything else */

struct vault {
    PGconn *pq;
    struct hosts hosts;
    size_t host; /* where to begin */
    char *database, *user, port[24];
    char *password;
    bool sandbox;
    bool busy;                /* a trip is not over: its results are nobody else's */
    int64_t retry_at_ms;      /* monotonic: not connected before */
    int64_t silent_since_ms;  /* 0: nothing is owed to us */
    int64_t heard_ms;         /* when the last call was answered */
    int64_t silence_limit_ms; /* grows while no server commits: each connection that is left behind
                                 with a commit in hand costs the server a backend */
    int64_t clock_read_ms;
    bool warned, demoted, clock_known;
};

/* "… has already committed locally, but might not have been replicated" */
static void on_notice(void *arg, const PGresult *result)
{
    struct vault *v = arg;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (severity != NULL && strcmp(severity, "WARNING") == 0) {
        const char *said = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        v->warned = true;
        log_event(LOG_WARN, DB_NOT_REPLICATED, LOG_Z("host", v->hosts.of[v->host]),
                  LOG_Z("why", said == NULL ? "" : said));
    }
}

enum err vault_new(const struct pg_settings *s, struct vault **out)
{
    struct vault *v = calloc(1, sizeof *v);
    if (v == NULL) {
        return fail(ERR_NO_MEMORY, "vault: no memory");
    }
    (void)snprintf(v->port, sizeof v->port, "%ld", s->port);
    v->silence_limit_ms = SILENCE_FIRST_MS;
    v->sandbox = s->sandbox;
    v->database = strdup(s->database);
    v->user = strdup(s->user);
    v->password = strndup(s->password.p == NULL ? "" : s->password.p, s->password.n);
    if (v->database == NULL || v->user == NULL || v->password == NULL) {
        vault_free(v);
        return fail(ERR_NO_MEMORY, "vault: no memory");
    }
    enum err e = hosts_init(s->host, &v->hosts);
    if (e != OK) {
        vault_free(v);
        return e;
    }
    *out = v;
    return OK;
}

void vault_free(struct vault *v)
{
    if (v == NULL) {
        return;
    }
    PQfinish(v->pq);
    if (v->password != NULL) {
        explicit_bzero(v->password, strlen(v->password));
    }
    free(v->password);
    hosts_done(&v->hosts);
    free(v->database);
    free(v->user);
    free(v);
}

static void drop(struct vault *v)
{
    PQfinish(v->pq);
    v->pq = NULL;
    v->silent_since_ms = 0;
}

/* Reads results up to the Sync; the first failure wins, the others are thrown away. */
static bool drain(struct vault *v, int64_t until_ms)
{
    bool fine = true;
    int silent = 0;
    while (blocking_wait(v->pq, until_ms)) {
        PGresult *r = PQgetResult(v->pq);
        if (r == NULL) {
            if (PQstatus(v->pq) == CONNECTION_BAD || ++silent > 2) {
                return false;
            }
            continue;
        }
        silent = 0;
        ExecStatusType status = PQresultStatus(r);
        if (status == PGRES_FATAL_ERROR && fine) {
            fine = false;
            log_event(LOG_ERROR, DB_FAILED,
                      LOG_Z("why", PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY)),
                      LOG_Z("cure", "does the schema fit the program? authctl migrate"));
        }
        PQclear(r);
        if (status == PGRES_PIPELINE_SYNC) {
            return fine;
        }
    }
    return false;
}

static bool prepare_all(struct vault *v)
{
    static const char SETTINGS[] =
        "SELECT set_config('search_path', $1, false), set_config('statement_timeout', '5s', "
        "false),"
        " set_config('lock_timeout', '3s', false),"
        " set_config('plan_cache_mode', 'force_generic_plan', false),"
        " set_config('enable_seqscan', 'off', false), set_config('enable_mergejoin', 'off', "
        "false), set_config('enable_bitmapscan', 'off', false), set_config('enable_hashjoin', "
        "'off', false),"
        " set_config('jit', 'off', false)";
    const char *path = v->sandbox ? SANDBOX_SEARCH_PATH : SEARCH_PATH;
    bool sent = PQenterPipelineMode(v->pq) == 1 &&
                PQsendQueryParams(v->pq, SETTINGS, 1, NULL, &path, NULL, NULL, 1) == 1;
    for (enum sql_name s = 0; sent && s < SQL_COUNT; s++) {
        if ((sql_statements[s].roles & ROLE_BIT_VERIFIER) != 0 &&
            (!sql_statements[s].sandbox || v->sandbox)) {
            sent =
                PQsendPrepare(v->pq, sql_statements[s].name, sql_statements[s].text, 0, NULL) == 1;
        }
    }
    return sent && PQpipelineSync(v->pq) == 1 && drain(v, clock_mono_ms() + PREPARE_LIMIT_MS);
}

static enum err away(struct vault *v, struct str why)
{
    log_event(LOG_WARN, DB_LOST, LOG_Z("class", "vault"), LOG_STR("why", why));
    drop(v);
    v->retry_at_ms = clock_mono_ms() + RETRY_MS;
    return fail(ERR_UNAVAILABLE, "vault: the database is away");
}

/* What is owed by a call that gave up: is it there now? */
static enum err catch_up(struct vault *v)
{
    int64_t silent_ms = clock_mono_ms() - v->silent_since_ms;
    if (blocking_wait(v->pq, clock_mono_ms() + 1)) {
        drop(v); /* whatever it says, nobody waits for it any more */
        return OK;
    }
    if (silent_ms < v->silence_limit_ms) {
        return fail(ERR_UNAVAILABLE, "vault: the database has been silent for %lld ms",
                    (long long)silent_ms);
    }
    if (v->silence_limit_ms < SILENCE_MAX_MS) {
        v->silence_limit_ms *= 2;
    }
    v->host = hosts_next(&v->hosts, v->host);
    return away(v, STR("the server is silent"));
}

/* Nobody logs in while there is no primary, so the first who does after a fail-over would find out
 * about it: by a question that has a short limit. */
static bool still_primary(struct vault *v)
{
    int64_t now = clock_mono_ms();
    if (v->hosts.n == 1 || now - v->heard_ms < IDLE_MS) {
        return true;
    }
    bool yes = false;
    int silent = 0;
    if (PQsendQueryParams(v->pq, "SELECT " HOSTS_TAKES_NO_WRITES, 0, NULL, NULL, NULL, NULL, 0) !=
            1 ||
        PQpipelineSync(v->pq) != 1) {
        return false;
    }
    while (silent <= 2 && blocking_wait(v->pq, now + PING_LIMIT_MS)) {
        PGresult *r = PQgetResult(v->pq);
        ExecStatusType status = PQresultStatus(r);
        silent = r == NULL ? silent + 1 : 0;
        yes = yes || (status == PGRES_TUPLES_OK && PQgetvalue(r, 0, 0)[0] == 'f');
        PQclear(r);
        if (status == PGRES_PIPELINE_SYNC) {
            return yes;
        }
    }
    return false;
}

static enum err connect_now(struct vault *v)
{
    if (v->busy) { /* a message ended in the middle of its trip, for want of memory */
        drop(v);
        v->busy = false;
    }
    if (v->pq != NULL && v->silent_since_ms != 0) {
        TRY(catch_up(v));
    }
    if (v->pq != NULL && still_primary(v)) {
        return OK;
    }
    if (v->pq != NULL) {
        v->host = hosts_next(&v->hosts, v->host);
        (void)away(v, STR("no primary any more, or silent"));
        v->retry_at_ms = 0;
    }
    if (clock_mono_ms() < v->retry_at_ms) {
        return fail(ERR_UNAVAILABLE, "vault: the database is away");
    }
    struct conninfo_where where = {
        .port = v->port, .database = v->database, .user = v->user, .password = v->password};
    if (blocking_connect(&v->hosts, &v->host, &where, &v->pq) != OK) {
        return away(v, str_from(err_reason()));
    }
    (void)PQsetNoticeReceiver(v->pq, on_notice, v);
    if (!prepare_all(v)) {
        const char *text = PQerrorMessage(v->pq);
        v->host = hosts_next(&v->hosts, v->host);
        return away(v, str_of(text, strcspn(text, "\n")));
    }
    v->heard_ms = clock_mono_ms();
    log_event(LOG_INFO, DB_CONNECTED, LOG_Z("class", "vault"), LOG_Z("host", v->hosts.of[v->host]));
    return OK;
}

static bool submit(struct vault *v, const struct read *read)
{
    const char *values[PARAMETERS_MAX];
    int lengths[PARAMETERS_MAX], formats[PARAMETERS_MAX];
    if (read->args.n > PARAMETERS_MAX) {
        bug("vault: %zu parameters", read->args.n);
    }
    for (size_t i = 0; i < read->args.n; i++) {
        const struct value *x = &read->args.v[i];
        values[i] = x->n < 0 ? NULL : x->p == NULL ? "" : x->p;
        lengths[i] = x->n < 0 ? 0 : x->n;
        formats[i] = 1;
    }
    return PQsendQueryPrepared(v->pq, sql_statements[read->sql].name, (int)read->args.n, values,
                               lengths, formats, 1) == 1;
}

/* Results of all statements; *lost when the connection ended before the Sync. */
static enum err collect(struct arena *a, struct vault *v, struct read *reads, size_t n, bool *lost)
{
    enum err e = OK;
    size_t i = 0;
    int silent = 0;
    int64_t began_ms = clock_mono_ms();
    while (blocking_wait(v->pq, began_ms + ANSWER_LIMIT_MS)) {
        PGresult *r = PQgetResult(v->pq);
        if (r == NULL) {
            if (PQstatus(v->pq) == CONNECTION_BAD || ++silent > 2) {
                *lost = true;
                return fail(ERR_UNAVAILABLE, "vault: the connection was lost");
            }
            continue;
        }
        silent = 0;
        switch (PQresultStatus(r)) {
        case PGRES_PIPELINE_SYNC:
            PQclear(r);
            if (e == OK && v->warned) {
                return fail(ERR_UNAVAILABLE, "vault: committed, but perhaps not replicated");
            }
            v->silence_limit_ms = SILENCE_FIRST_MS;
            v->heard_ms = clock_mono_ms();
            return e == OK && i < n ? fail(ERR_INTERNAL, "vault: results are missing") : e;
        case PGRES_TUPLES_OK:
            if (i < n) {
                reads[i++].rows = rows_own(a, r);
                continue;
            }
            break;
        case PGRES_FATAL_ERROR:
            if (PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED) == NULL) {
                PQclear(r); /* libpq's own, not the server's: what it did there is not known */
                *lost = true;
                return fail(ERR_UNAVAILABLE, "vault: libpq could not take a result");
            }
            if (e == OK) {
                const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
                v->demoted = state != NULL && strcmp(state, "25006") == 0;
                e = pg_result_err(reads[i < n ? i : n - 1].sql, r);
            }
            break;
        default:
            break;
        }
        PQclear(r);
    }
    v->silent_since_ms = began_ms;
    log_event(LOG_WARN, DB_COMMIT_WAITS, LOG_Z("host", v->hosts.of[v->host]),
              LOG_INT("ms", clock_mono_ms() - began_ms),
              LOG_Z("cure", "does a synchronous standby run? see pg_stat_replication"));
    return fail(ERR_UNAVAILABLE, "vault: no answer in time");
}

/* A login proof says when it was made: by the database's clock. */
static enum err clock_read(struct arena *a, struct vault *v, bool *lost)
{
    struct read ask = {.sql = SQL_CLOCK_READ, .args = args_in(a)};
    struct clock_sample sample = {.asked_ms = clock_mono_ms()};
    if (!submit(v, &ask) || PQpipelineSync(v->pq) != 1) {
        *lost = true;
        return fail(ERR_UNAVAILABLE, "vault: the connection was lost");
    }
    TRY(collect(a, v, &ask, 1, lost));
    struct row row = rows_at(&ask.rows, 0);
    sample.heard_ms = clock_mono_ms();
    sample.answer_ms = row_int(&row);
    clock_sample_follow(&sample, v->clock_known);
    v->clock_known = true;
    v->clock_read_ms = sample.heard_ms;
    return OK;
}

enum err vault_run(struct arena *a, struct vault *v, bool repeatable, struct read *reads, size_t n)
{
    for (int attempt = 0;; attempt++) {
        TRY(connect_now(v));
        bool sent = true, lost = false;
        v->warned = v->demoted = false;
        enum err e = OK;
        v->busy = true;
        if (!v->clock_known || clock_mono_ms() - v->clock_read_ms > CLOCK_AGE_MS) {
            e = clock_read(a, v, &lost);
        }
        for (size_t i = 0; e == OK && sent && i < n; i++) {
            sent = submit(v, &reads[i]);
        }
        if (e == OK) {
            sent = sent && PQpipelineSync(v->pq) == 1;
            e = sent ? collect(a, v, reads, n, &lost)
                     : fail(ERR_UNAVAILABLE, "vault: the connection was lost");
        }
        v->busy = false;
        if (!sent || lost || v->demoted || PQstatus(v->pq) == CONNECTION_BAD) {
            drop(v);
            if (repeatable && attempt == 0) {
                continue;
            }
        }
        return e;
    }
}
