/* Coalesced reads.  What waits together is one array statement; while it is on its way, who asks
 * the same waits for the next one.  A statement on a busy machine costs ten times what one more
 * row of it costs, so this is where the database's time goes, or doesn't.
 *
 * A task that gives up takes its question back while it waits, and leaves it behind when it was
 * sent: the answer is drained. */
#include "store/find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/company.h"
#include "store/engine.h"

#define FIND_MAX 256
#define HELD_MAX_MS 20 /* an answer that takes longer is not waited for */
#define HELD_LOOK_MS 5
#define REPEATS 5 /* as in read.c */

struct find {
    struct find *next;
    struct task *task; /* NULL: nobody waits any more */
    enum sql_name sql;
    const struct value *v; /* of the task: not to be read without it */
    size_t columns;
    bool sent, done;
    int64_t since_ms; /* monotonic: when it was queued */
    unsigned lost;
    enum err err;
    char reason[160];
    struct found *found;
    int row;
};

/* A result that several tasks read. */
struct found {
    PGresult *result;
    unsigned refs;
};

struct find_batch {
    struct group group;
    struct find_batch *next; /* of those on their way */
    struct pg *db;
    struct conn *conn;
    enum sql_name sql;
    int64_t sent_ms;
    size_t n;
    struct find *finds[FIND_MAX];
    struct found *found;
    bool stale;
    enum err err;
    char reason[160];
};

static void found_release(void *arg)
{
    struct found *f = arg;
    if (--f->refs == 0) {
        PQclear(f->result);
        free(f);
    }
}

/* How long should the first of its kind, and who asks the same, wait for more? */
static int64_t wait_of(const struct pg *db, const struct find *first, int64_t now_ms)
{
    size_t n = 0;
    for (const struct find_batch *b = db->finds_sent; b != NULL; b = b->next) {
        if (b->sql == first->sql && now_ms - b->sent_ms < HELD_MAX_MS) {
            return HELD_LOOK_MS;
        }
    }
    for (const struct find *f = first; f != NULL; f = f->next) {
        n += f->sql == first->sql;
    }
    return company_wait_ms(db->company[first->sql], n, loop_tasks_running(db->loop),
                           now_ms - first->since_ms);
}

/* The oldest question that need not wait for company; NULL: none, and *wait_ms is lowered to the
 * time after which it is worth looking again. */
static struct find *next_of(const struct pg *db, int64_t now_ms, int64_t *wait_ms)
{
    bool waits[SQL_COUNT] = {false};
    for (struct find *f = db->finds; f != NULL; f = f->next) {
        if (waits[f->sql]) {
            continue;
        }
        int64_t wait = wait_of(db, f, now_ms);
        if (wait == 0) {
            return f;
        }
        waits[f->sql] = true;
        *wait_ms = wait < *wait_ms ? wait : *wait_ms;
    }
    return NULL;
}

static void enqueue(struct pg *db, struct find *f)
{
    struct find **at = &db->finds;
    while (*at != NULL) {
        at = &(*at)->next;
    }
    f->next = NULL;
    f->sent = false;
    f->since_ms = clock_mono_ms();
    *at = f;
    find_dispatch_soon(db);
}

static void unlink_find(struct pg *db, const struct find *f)
{
    struct find **at = &db->finds;
    while (*at != f) {
        at = &(*at)->next;
    }
    *at = f->next;
}

static void settle(struct find *f, enum err e, const char *reason)
{
    if (f->task == NULL) {
        free(f);
        return;
    }
    f->done = true;
    f->err = e;
    (void)snprintf(f->reason, sizeof f->reason, "%s", reason);
    task_wake(f->task);
}

static void on_result(struct group *g, size_t index, PGresult *result)
{
    struct find_batch *b = (struct find_batch *)(void *)g;
    if (index == 0 && PQresultStatus(result) == PGRES_TUPLES_OK) {
        b->found->result = result;
        return;
    }
    if (b->err == OK) {
        const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        /* A cached plan whose tables changed: prepared again on a new connection. */
        b->stale = state != NULL &&
                   (str_eqz(str_from(state), "0A000") || str_eqz(str_from(state), "26000"));
        b->err = pg_result_err(b->sql, result);
        (void)snprintf(b->reason, sizeof b->reason, "%s", err_reason());
    }
    PQclear(result);
}

/* Everybody gets the row of his ordinal. */
static void share(struct find_batch *b)
{
    struct find *missing[FIND_MAX];
    for (size_t i = 0; i < b->n; i++) {
        missing[i] = b->finds[i];
    }
    for (int i = 0; i < PQntuples(b->found->result); i++) {
        struct row row = {b->found->result, i, 0};
        int64_t ordinal = row_int(&row);
        if (ordinal < 1 || (uint64_t)ordinal > b->n || missing[ordinal - 1] == NULL) {
            bug("pg: %s answered ordinal %lld", sql_statements[b->sql].name, (long long)ordinal);
        }
        struct find *f = missing[ordinal - 1];
        missing[ordinal - 1] = NULL;
        if (f->task != NULL) {
            f->found = b->found;
            f->row = i;
            f->found->refs++;
        }
        settle(f, OK, "");
    }
    for (size_t i = 0; i < b->n; i++) {
        if (missing[i] != NULL) {
            settle(missing[i], ERR_NOT_FOUND, "no such row");
        }
    }
}

static void again(struct find_batch *b, enum err e, const char *reason)
{
    for (size_t i = 0; i < b->n; i++) {
        struct find *f = b->finds[i];
        if (f->task != NULL && f->lost++ < REPEATS) {
            enqueue(b->db, f);
        } else {
            settle(f, e, reason);
        }
    }
}

static void on_done(struct group *g, bool lost)
{
    struct find_batch *b = (struct find_batch *)(void *)g;
    struct find_batch **at = &b->db->finds_sent;
    while (*at != b) {
        at = &(*at)->next;
    }
    *at = b->next;
    if (b->stale) {
        conn_renew(b->conn, "its plans are stale");
    }
    if (lost) {
        again(b, ERR_UNAVAILABLE, "pg: the connection was lost");
    } else if (b->stale) {
        again(b, b->err, b->reason);
    } else if (b->err != OK || b->found->result == NULL) {
        for (size_t i = 0; i < b->n; i++) {
            settle(b->finds[i], b->err != OK ? b->err : ERR_INTERNAL, b->reason);
        }
    } else {
        share(b);
    }
    find_dispatch_soon(b->db); /* who was held */
    found_release(b->found);
    free(b);
}

/* The first question and all like it leave the queue. */
static void collect(struct pg *db, enum sql_name sql, struct find_batch *b)
{
    struct find **at = &db->finds;
    while (*at != NULL && b->n < FIND_MAX) {
        struct find *f = *at;
        if (f->sql == sql) {
            *at = f->next;
            f->next = NULL;
            f->sent = true;
            b->finds[b->n++] = f;
        } else {
            at = &f->next;
        }
    }
}

static bool send_batch(struct conn *c, struct find_batch *b)
{
    size_t columns = b->finds[0]->columns;
    struct value *flat = calloc(b->n * columns, sizeof *flat);
    if (flat == NULL) {
        return false;
    }
    for (size_t i = 0; i < b->n; i++) {
        memcpy(flat + i * columns, b->finds[i]->v, columns * sizeof *flat);
    }
    bool sent = conn_rows(c, b->sql, flat, b->n, columns);
    free(flat);
    return sent;
}

static void dispatch_one(struct pg *db, struct conn *c, enum sql_name sql, int64_t now_ms)
{
    struct find_batch *b = calloc(1, sizeof *b);
    struct found *found = calloc(1, sizeof *found);
    if (b == NULL || found == NULL) {
        bug("pg: no memory");
    }
    found->refs = 1;
    *b = (struct find_batch){.group = {.on_result = on_result, .on_done = on_done},
                             .next = db->finds_sent,
                             .db = db,
                             .conn = c,
                             .sql = sql,
                             .sent_ms = now_ms,
                             .found = found};
    db->finds_sent = b;
    db->find_statements++;
    collect(db, sql, b);
    db->company[sql] = b->n;
    if (!send_batch(c, b)) {
        conn_renew(c, "no memory for a batch");
    }
    (void)conn_group_end(c, &b->group);
}

static void fail_all(struct pg *db)
{
    while (db->finds != NULL) {
        struct find *f = db->finds;
        db->finds = f->next;
        settle(f, ERR_UNAVAILABLE, "pg: the database is away");
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    find_dispatch_soon(arg);
}

static void look_again(struct pg *db, int64_t after_ms)
{
    struct timeval tv = {.tv_usec = after_ms * 1000};
    if (db->finds_timer == NULL) {
        db->finds_timer = evtimer_new(loop_base(db->loop), on_timer, db);
    }
    if (db->finds_timer == NULL || evtimer_add(db->finds_timer, &tv) != 0) {
        bug("pg: no timer");
    }
}

static void dispatch(void *arg)
{
    struct pg *db = arg;
    int64_t now_ms = clock_mono_ms(), wait_ms = HELD_LOOK_MS;
    db->finds_planned = false;
    if (db->finds != NULL && pg_class_away(db, CONN_READ)) {
        fail_all(db);
    }
    for (;;) {
        const struct find *f = next_of(db, now_ms, &wait_ms);
        struct conn *c = pg_pick(db, CONN_READ);
        if (f == NULL || c == NULL) {
            break;
        }
        dispatch_one(db, c, f->sql, now_ms);
    }
    if (db->finds != NULL) {
        look_again(db,
                   wait_ms); /* an answer that takes its time, or the first attempt to reconnect */
    }
}

void find_dispatch_soon(struct pg *db)
{
    if (!db->finds_planned) {
        db->finds_planned = true;
        loop_at_turn_end(db->loop, dispatch, db);
    }
}

void find_free(struct pg *db)
{
    if (db->finds_timer != NULL) {
        event_free(db->finds_timer);
    }
    while (db->finds != NULL) {
        struct find *f = db->finds;
        db->finds = f->next;
        free(f);
    }
}

enum err store_find(struct task *t, struct pg *db, const struct read *read, struct row *out)
{
    struct find *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return fail(ERR_NO_MEMORY, "pg: no memory");
    }
    *f = (struct find){.task = t, .sql = read->sql, .v = read->args.v, .columns = read->args.n};
    enqueue(db, f);
    while (!f->done) {
        enum err e = task_park(t, sql_statements[read->sql].doing);
        if (e != OK && !f->done) {
            if (f->sent) {
                f->task = NULL; /* the answer is thrown away when it comes */
            } else {
                unlink_find(db, f);
                free(f);
            }
            return e;
        }
    }
    enum err e = f->err == OK ? OK : fail(f->err, "%s", f->reason);
    if (e == OK) {
        arena_defer(t->arena, found_release, f->found);
        *out = (struct row){f->found->result, f->row, 1};
    }
    free(f);
    return e;
}
