/* Coalesced writes on their way: whenever a connection of a class is idle, who goes next and his
 * company (write_queue.c) become the rows of one array statement, and hear what became of it. */
#include "store/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/engine.h"
#include "store/request.h"

#define TRIES_MAX 4

bool conn_rows(struct conn *c, enum sql_name sql, const struct value *flat, size_t rows,
               size_t columns)
{
    struct value *parameters = calloc(columns, sizeof *parameters);
    size_t bytes = 0;
    for (size_t j = 0; j < columns; j++) {
        bytes += array_size(flat + j, rows, columns);
    }
    char *text = malloc(bytes), *to = text;
    bool sent = parameters != NULL && text != NULL;
    for (size_t j = 0; sent && j < columns; j++) {
        size_t n = array_size(flat + j, rows, columns);
        array_write(to, flat[j].type, flat + j, rows, columns);
        parameters[j] = (struct value){flat[j].type, (int32_t)n, to};
        to += n;
    }
    sent = sent && conn_statement(c, sql, parameters, columns);
    free(text);
    free(parameters);
    return sent;
}

static bool send_arrays(struct conn *c, const struct batch *b)
{
    size_t columns = b->requests[0]->columns;
    struct value *flat = calloc(b->rows * columns, sizeof *flat);
    if (flat == NULL) {
        return false;
    }
    size_t row = 0;
    for (size_t i = 0; i < b->n; i++) {
        const struct write_request *r = b->requests[i];
        memcpy(flat + row * columns, r->v, r->rows * columns * sizeof *flat);
        row += r->rows;
    }
    bool sent = conn_rows(c, b->requests[0]->sql, flat, b->rows, columns);
    free(flat);
    return sent;
}

static void on_result(struct group *g, size_t index, PGresult *result);
static void on_done(struct group *g, bool lost);

static void send_batch(struct conn *c, struct batch *b)
{
    const struct write_request *first = b->requests[0];
    size_t row = 0;
    for (size_t i = 0; i < b->n; i++) {
        b->first_row[i] = row;
        row += b->requests[i]->rows;
        b->requests[i]->state = WRITE_SENT;
        b->requests[i]->tries++;
        b->requests[i]->applied = 0;
    }
    b->conn = c;
    b->sent_ms = clock_mono_ms();
    b->next = c->db->batches_sent;
    c->db->batches_sent = b;
    b->group = (struct group){.on_result = on_result, .on_done = on_done};
    if (sql_statements[first->sql].batched) {
        if (!send_arrays(c, b)) {
            conn_renew(c, "no memory for a batch");
        }
    } else {
        (void)conn_statement(c, first->sql, first->v, first->columns);
    }
    (void)conn_group_end(c, &b->group);
}

static void on_held(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    batch_dispatch_soon(arg);
}

static void look_again(struct pg *db, int64_t after_ms)
{
    if (db->held_timer == NULL) {
        db->held_timer = evtimer_new(loop_base(db->loop), on_held, db);
    }
    struct timeval tv = {.tv_usec = after_ms * 1000};
    if (db->held_timer == NULL || evtimer_add(db->held_timer, &tv) != 0) {
        bug("pg: no timer");
    }
}

static void dispatch(void *arg)
{
    struct pg *db = arg;
    int64_t now_ms = clock_mono_ms(), wait_ms = BATCH_HELD_MAX_MS;
    bool held = false;
    db->dispatch_planned = false;
    for (enum conn_class class = CONN_SYNC; class < CONN_CLASS_COUNT; class ++) {
        struct write_queue *q = &db->queues[class];
        for (size_t i = 0; i < db->n_of_class[class] && q->first != NULL; i++) {
            struct conn *c = &db->of_class[class][i];
            if (c->state != CONN_READY || c->broken || c->depth > 0) {
                continue;
            }
            struct write_request *head = write_queue_next(db, class, now_ms, &wait_ms);
            if (head == NULL) {
                held = true;
                break;
            }
            struct batch *b = calloc(1, sizeof *b);
            if (b == NULL) {
                held = true; /* no memory: again in a moment, whether anybody else writes or not */
                break;
            }
            write_queue_take(q, head, b);
            db->company[head->sql] = b->n;
            send_batch(c, b);
        }
    }
    if (held) {
        look_again(db, wait_ms);
    }
}

void batch_dispatch_soon(struct pg *db)
{
    if (!db->dispatch_planned) {
        db->dispatch_planned = true;
        loop_at_turn_end(db->loop, dispatch, db);
    }
}

/* Which request does a row, counted from 0, belong to? */
static struct write_request *owner(const struct batch *b, size_t row)
{
    size_t low = 0, high = b->n;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (b->first_row[middle] <= row) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return b->requests[low];
}

static void on_result(struct group *g, size_t index, PGresult *result)
{
    struct batch *b = (struct batch *)(void *)g;
    struct write_request *first = b->requests[0];
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK && index == 0 && !sql_statements[first->sql].batched) {
        first->applied = first->rows;
        first->result = result;
        return;
    }
    if (status == PGRES_TUPLES_OK && index == 0) {
        for (int i = 0; i < PQntuples(result); i++) {
            struct row row = {result, i, 0};
            int64_t ordinal = row_int(&row);
            if (ordinal < 1 || (uint64_t)ordinal > b->rows) {
                bug("pg: %s answered ordinal %lld", sql_statements[first->sql].name,
                    (long long)ordinal);
            }
            owner(b, (size_t)ordinal - 1)->applied++;
        }
    } else if (status != PGRES_COMMAND_OK && !b->failed) {
        const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        b->failed = true;
        (void)snprintf(b->state, sizeof b->state, "%s", state == NULL ? "" : state);
        b->err = pg_result_err(first->sql, result);
        (void)snprintf(b->reason, sizeof b->reason, "%s", err_reason());
    }
    PQclear(result);
}

/* The statement failed, so nothing of the batch was done.  Values and constraints (22, 23) are the
 * fault of one request: all are tried one by one.  Deadlocks, a server that became read-only and
 * stale plans are nobody's fault: tried again. */
static void fail_batch(struct batch *b)
{
    struct pg *db = b->conn->db;
    bool values = memcmp(b->state, "22", 2) == 0 || memcmp(b->state, "23", 2) == 0;
    bool demoted = strcmp(b->state, "25006") == 0;
    bool stale = strcmp(b->state, "0A000") == 0 || strcmp(b->state, "26000") == 0 || demoted;
    bool again = memcmp(b->state, "40", 2) == 0 || stale;
    if (demoted) {
        conn_leave(b->conn, "the server takes no writes any more");
    } else if (stale) {
        conn_renew(b->conn, "its plans are stale");
    }
    for (size_t i = b->n; i-- > 0;) {
        struct write_request *r = b->requests[i];
        if (r->tries < TRIES_MAX && (again || (values && b->n > 1))) {
            r->alone = r->alone || !stale;
            write_queue_return(db, r);
        } else {
            (void)fail(b->err, "%s", b->reason);
            request_fail(r, b->err);
        }
    }
}

/* Did it write anything?  What writes nothing does not wait for a standby and proves nothing. */
static bool wrote(const struct batch *b)
{
    bool some = false;
    for (size_t i = 0; i < b->n; i++) {
        some = some || b->requests[i]->applied > 0;
    }
    return some;
}

static void on_done(struct group *g, bool lost)
{
    struct batch *b = (struct batch *)(void *)g;
    struct batch **at = &b->conn->db->batches_sent;
    while (*at != b) {
        at = &(*at)->next;
    }
    *at = b->next;
    if (b->failed) {
        fail_batch(b);
    } else if (lost || g->warned) {
        struct write_request *all = NULL;
        for (size_t i = b->n; i-- > 0;) {
            b->requests[i]->next = all;
            all = b->requests[i];
        }
        /* after a warning the backend lives on, and is done with it */
        outcome_doubt(b->conn->db, all, lost ? b->conn->backend_pid : 0, b->conn->backend_start);
    } else {
        if (b->conn->class == CONN_SYNC && wrote(b)) {
            watch_proven(b->conn);
        }
        for (size_t i = 0; i < b->n; i++) {
            request_finish(b->requests[i]);
        }
    }
    free(b);
}

void batch_free(struct pg *db)
{
    if (db->held_timer != NULL) {
        event_free(db->held_timer);
    }
    write_queue_free(db);
}
