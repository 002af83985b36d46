/* Commits whose answer was lost, or came with the warning that they may not have been replicated.
 * Nobody knows then whether they were committed, or will stay.  Every audited request names its
 * entry, so on the next connection for synchronous commits we ask three things, in this order and
 * in statements of their own:
 *
 *   a synchronous commit of nothing: when it succeeds the server is the primary, and what it has
 *   committed before is replicated (a server that was restarted, or was told to stop waiting, shows
 *   commits that would be gone after a fail-over);
 *   is the backend that had the commit in hand still at work (then ask again);
 *   and which entries exist.
 *
 *   exists:        it was committed; the caller hears so
 *   doesn't:       it was not, or it was and refused: sent again, which is right in both cases
 *   not audited:   the caller hears ERR_UNAVAILABLE (what expires anyway; repeating it harms
 * nobody) */
#include <stdlib.h>
#include <string.h>

#include "store/engine.h"
#include "store/request.h"

#define ASK_AGAIN_MS 50
#define TRIES_MAX 4

struct doubt {
    struct doubt *next;
    struct group barrier, group;
    struct conn *conn;
    struct pg *db;
    struct write_request *requests;
    int backend_pid;
    int64_t backend_start;
    bool asked, failed, alive;
};

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    outcome_try(arg);
}

static void ask_later(struct pg *db)
{
    if (db->doubt_timer == NULL) {
        db->doubt_timer = evtimer_new(loop_base(db->loop), on_timer, db);
    }
    struct timeval tv = {.tv_usec = ASK_AGAIN_MS * 1000};
    if (db->doubt_timer == NULL || evtimer_add(db->doubt_timer, &tv) != 0) {
        bug("pg: no timer");
    }
}

void outcome_doubt(struct pg *db, struct write_request *requests, int backend_pid,
                   int64_t backend_start)
{
    struct doubt *d = calloc(1, sizeof *d);
    if (d == NULL) {
        bug("pg: no memory");
    }
    *d = (struct doubt){.db = db, .backend_pid = backend_pid, .backend_start = backend_start};
    while (requests != NULL) {
        struct write_request *r = requests;
        requests = r->next;
        if (!r->has_audit || r->task == NULL) {
            (void)fail(ERR_UNAVAILABLE, "pg: the connection was lost during %s",
                       sql_statements[r->sql].name);
            request_fail(r, ERR_UNAVAILABLE);
            continue;
        }
        r->state = WRITE_DOUBTED;
        r->next = d->requests;
        d->requests = r;
    }
    if (d->requests == NULL) {
        free(d);
        return;
    }
    d->next = db->doubts;
    db->doubts = d;
    ask_later(db); /* not from inside the loss of a connection */
}

static struct doubt *doubt_of_barrier(struct group *g)
{
    return (struct doubt *)(void *)((char *)g - offsetof(struct doubt, barrier));
}

static void on_barrier_result(struct group *g, size_t index, PGresult *result)
{
    struct doubt *d = doubt_of_barrier(g);
    (void)index;
    d->failed = d->failed || PQresultStatus(result) != PGRES_TUPLES_OK;
    PQclear(result);
}

/* Comes before on_done, always. */
static void on_barrier_done(struct group *g, bool lost)
{
    struct doubt *d = doubt_of_barrier(g);
    d->failed = d->failed || lost || g->warned;
    if (!d->failed) {
        watch_proven(d->conn);
    }
}

static struct doubt *doubt_of(struct group *g)
{
    return (struct doubt *)(void *)((char *)g - offsetof(struct doubt, group));
}

static void on_result(struct group *g, size_t index, PGresult *result)
{
    struct doubt *d = doubt_of(g);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        d->failed = true;
    } else if (index == 0) {
        struct row row = {result, 0, 0};
        d->alive = row_bool(&row);
    } else {
        for (int i = 0; i < PQntuples(result); i++) {
            struct row row = {result, i, 0};
            struct uuid id = row_uuid(&row);
            for (struct write_request *r = d->requests; r != NULL; r = r->next) {
                if (memcmp(r->audit_id, id.b, UUID_SIZE) == 0) {
                    r->applied = r->rows;
                }
            }
        }
    }
    PQclear(result);
}

static void settle(struct pg *db, struct write_request *r)
{
    if (r->applied > 0) {
        r->err = OK;
        request_finish(r);
    } else if (r->task != NULL && r->tries < TRIES_MAX) {
        write_queue_return(db, r);
    } else {
        (void)fail(ERR_UNAVAILABLE, "pg: %s was not committed", sql_statements[r->sql].name);
        request_fail(r, ERR_UNAVAILABLE);
    }
}

static void on_done(struct group *g, bool lost)
{
    struct doubt *d = doubt_of(g);
    struct pg *db = d->db;
    if (lost || d->failed || d->alive) {
        for (struct write_request *r = d->requests; r != NULL; r = r->next) {
            r->applied = 0;
        }
        d->asked = false;
        ask_later(db);
        return;
    }
    struct doubt **at = &db->doubts;
    while (*at != d) {
        at = &(*at)->next;
    }
    *at = d->next;
    while (d->requests != NULL) {
        struct write_request *r = d->requests;
        d->requests = r->next;
        settle(db, r);
    }
    free(d);
}

static void uuids(struct value *v, size_t *n, const uint8_t *id)
{
    v[(*n)++] = (struct value){PG_UUID, UUID_SIZE, (const char *)id};
}

static void ask(struct conn *c, struct doubt *d)
{
    size_t n = 0, requests_n = 0, entries_n = 0;
    for (struct write_request *r = d->requests; r != NULL; r = r->next) {
        r->applied = 0;
        n++;
    }
    struct arena *a = arena_new(0);
    if (a == NULL) {
        ask_later(d->db);
        return;
    }
    struct value *requests = arena_array(a, n, sizeof *requests);
    struct value *entries = arena_array(a, n, sizeof *entries);
    for (struct write_request *r = d->requests; r != NULL; r = r->next) {
        uuids(requests, &requests_n, r->request_id);
        uuids(entries, &entries_n, r->audit_id);
    }
    struct args backend = args_in(a), audit = args_in(a);
    args_i32(&backend, d->backend_pid);
    args_timestamp(&backend, d->backend_start);
    args_array(&audit, PG_UUID, &(struct args){.v = requests, .n = n});
    args_array(&audit, PG_UUID, &(struct args){.v = entries, .n = n});

    d->asked = true;
    d->failed = d->alive = false;
    d->conn = c;
    d->barrier = (struct group){.on_result = on_barrier_result, .on_done = on_barrier_done};
    d->group = (struct group){.on_result = on_result, .on_done = on_done};
    (void)conn_statement(c, SQL_REPLICATION_BARRIER, NULL, 0);
    (void)conn_group_end(c, &d->barrier);
    (void)conn_statement(c, SQL_BACKEND_ALIVE, backend.v, backend.n);
    (void)conn_statement(c, SQL_AUDIT_COMMITTED, audit.v, audit.n);
    (void)conn_group_end(c, &d->group);
    arena_free(a);
}

void outcome_try(struct pg *db)
{
    for (struct doubt *d = db->doubts; d != NULL; d = d->next) {
        struct conn *c = pg_pick(db, CONN_SYNC);
        if (c == NULL) {
            return; /* pg_conn_ready comes back here */
        }
        if (!d->asked) {
            ask(c, d);
        }
    }
}

void outcome_free(struct pg *db)
{
    while (db->doubts != NULL) {
        struct doubt *d = db->doubts;
        db->doubts = d->next;
        while (d->requests != NULL) {
            struct write_request *r = d->requests;
            d->requests = r->next;
            request_free(r);
        }
        free(d);
    }
    if (db->doubt_timer != NULL) {
        event_free(db->doubt_timer);
    }
}
