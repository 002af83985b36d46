/* One blocking connection under authd_verifier.  A process without a loop has nothing else to do
 * while PostgreSQL works, so libpq's blocking calls serve; every statement ends after the server's
 * timeout. */
#include "store/vault_conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "log/log.h"
#include "sql/statements.h"
#include "store/conninfo.h"
#include "store/engine.h"

#define CONNECT_TIMEOUT_S "3"
#define RETRY_MS 500
#define PARAMETERS_MAX 64

struct vault {
    PGconn *pq;
    char *host, *database, *user, port[24];
    char *password;
    int64_t retry_at_ms; /* monotonic: not connected before */
};

static void ignore_notice(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

enum err vault_new(const struct pg_settings *s, struct vault **out)
{
    struct vault *v = calloc(1, sizeof *v);
    if (v == NULL) {
        return fail(ERR_NO_MEMORY, "vault: no memory");
    }
    (void)snprintf(v->port, sizeof v->port, "%ld", s->port);
    v->host = strdup(s->host);
    v->database = strdup(s->database);
    v->user = strdup(s->user);
    v->password = strndup(s->password.p == NULL ? "" : s->password.p, s->password.n);
    if (v->host == NULL || v->database == NULL || v->user == NULL || v->password == NULL) {
        vault_free(v);
        return fail(ERR_NO_MEMORY, "vault: no memory");
    }
    enum err e = pg_hosts_check(v->host);
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
    free(v->host);
    free(v->database);
    free(v->user);
    free(v);
}

static void drop(struct vault *v)
{
    PQfinish(v->pq);
    v->pq = NULL;
}

/* Reads results up to the Sync; the first failure wins, the others are thrown away. */
static bool drain(struct vault *v, const char **failed_state)
{
    bool fine = true;
    *failed_state = NULL;
    int silent = 0;
    for (;;) {
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
}

static bool prepare_all(struct vault *v)
{
    static const char SETTINGS[] =
        "SELECT set_config('search_path', 'authd', false), set_config('statement_timeout', '5s', "
        "false),"
        " set_config('lock_timeout', '3s', false),"
        " set_config('plan_cache_mode', 'force_generic_plan', false),"
        " set_config('enable_seqscan', 'off', false), set_config('enable_mergejoin', 'off', false),"
        " set_config('jit', 'off', false)";
    bool sent = PQenterPipelineMode(v->pq) == 1 &&
                PQsendQueryParams(v->pq, SETTINGS, 0, NULL, NULL, NULL, NULL, 1) == 1;
    for (enum sql_name s = 0; sent && s < SQL_COUNT; s++) {
        if ((sql_statements[s].roles & ROLE_BIT_VERIFIER) != 0) {
            sent =
                PQsendPrepare(v->pq, sql_statements[s].name, sql_statements[s].text, 0, NULL) == 1;
        }
    }
    const char *state;
    return sent && PQpipelineSync(v->pq) == 1 && drain(v, &state);
}

static enum err connect_now(struct vault *v)
{
    if (v->pq != NULL) {
        return OK;
    }
    if (clock_mono_ms() < v->retry_at_ms) {
        return fail(ERR_UNAVAILABLE, "vault: the database is away");
    }
    struct conninfo info = conninfo_of(&(struct conninfo_where){
        .host = v->host,
        .port = v->port,
        .database = v->database,
        .user = v->user,
        .password = v->password,
        .timeout_s = CONNECT_TIMEOUT_S,
    });
    v->pq = PQconnectdbParams(info.keys, info.values, 0);
    if (v->pq != NULL) {
        (void)PQsetNoticeReceiver(v->pq, ignore_notice, NULL);
    }
    if (PQstatus(v->pq) != CONNECTION_OK || !prepare_all(v)) {
        const char *text = PQerrorMessage(v->pq);
        log_event(LOG_WARN, DB_LOST, LOG_STR("why", str_of(text, strcspn(text, "\n"))));
        drop(v);
        v->retry_at_ms = clock_mono_ms() + RETRY_MS;
        return fail(ERR_UNAVAILABLE, "vault: the database is away");
    }
    log_event(LOG_INFO, DB_CONNECTED, LOG_Z("class", "vault"));
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
    for (;;) {
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
            return e == OK && i < n ? fail(ERR_INTERNAL, "vault: results are missing") : e;
        case PGRES_TUPLES_OK:
            if (i < n) {
                reads[i++].rows = rows_own(a, r);
                continue;
            }
            break;
        case PGRES_FATAL_ERROR:
            if (e == OK) {
                e = pg_result_err(reads[i < n ? i : n - 1].sql, r);
            }
            break;
        default:
            break;
        }
        PQclear(r);
    }
}

enum err vault_run(struct arena *a, struct vault *v, bool repeatable, struct read *reads, size_t n)
{
    for (int attempt = 0;; attempt++) {
        TRY(connect_now(v));
        bool sent = true, lost = false;
        for (size_t i = 0; sent && i < n; i++) {
            sent = submit(v, &reads[i]);
        }
        sent = sent && PQpipelineSync(v->pq) == 1;
        enum err e = sent ? collect(a, v, reads, n, &lost)
                          : fail(ERR_UNAVAILABLE, "vault: the connection was lost");
        if (!sent || lost || PQstatus(v->pq) == CONNECTION_BAD) {
            drop(v);
            if (repeatable && attempt == 0) {
                continue;
            }
        }
        return e;
    }
}
