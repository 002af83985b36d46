/* Writes that wait, in one queue for each durability class, and who goes with whom: the oldest
 * request whose statement is not in flight already, and all that are of the same kind and share no
 * key with it.  A batch is sorted by key, and its statement locks rows in key order, so that
 * batches of different processes cannot deadlock. */
#include <stdlib.h>
#include <string.h>

#include "store/batch.h"
#include "store/company.h"
#include "store/engine.h"
#include "store/request.h"

enum conn_class write_class(enum sql_name sql)
{
    return sql_statements[sql].kind == SQL_WRITE_ASYNC ? CONN_ASYNC : CONN_SYNC;
}

void write_queue_add(struct pg *db, struct write_request *r)
{
    struct write_queue *q = &db->queues[write_class(r->sql)];
    *q->last = r;
    q->last = &r->next;
    q->n++;
    batch_dispatch_soon(db);
}

void write_queue_return(struct pg *db, struct write_request *r)
{
    struct write_queue *q = &db->queues[write_class(r->sql)];
    r->state = WRITE_QUEUED;
    r->next = q->first;
    q->first = r;
    if (r->next == NULL) {
        q->last = &r->next;
    }
    q->n++;
    batch_dispatch_soon(db);
}

static int key_compare(struct str a, struct str b)
{
    int c = memcmp(a.p == NULL ? "" : a.p, b.p == NULL ? "" : b.p, a.n < b.n ? a.n : b.n);
    return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

static int by_key(const void *a, const void *b)
{
    const struct write_request *x = *(struct write_request *const *)a;
    const struct write_request *y = *(struct write_request *const *)b;
    return key_compare(x->keys[0], y->keys[0]);
}

static bool shares_key(const struct batch *b, const struct write_request *r)
{
    for (size_t i = 0; i < b->n; i++) {
        for (size_t k = 0; k < r->n_keys; k++) {
            for (size_t m = 0; m < b->requests[i]->n_keys; m++) {
                if (str_eq(r->keys[k], b->requests[i]->keys[m])) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* Is a batch of the same statement on its way?  Then the commit in flight is the window: who comes
 * meanwhile goes together with the next, because a statement costs as much as several of its rows.
 */
static bool is_held(const struct pg *db, const struct write_request *r, int64_t now_ms)
{
    for (const struct batch *b = db->batches_sent; b != NULL; b = b->next) {
        if (b->requests[0]->sql == r->sql && now_ms - b->sent_ms < BATCH_HELD_MAX_MS) {
            return true;
        }
    }
    return false;
}

/* How long should the first of its kind, and who is like it, wait for more?  Who fills half a batch
 * alone (an import) waits for nobody. */
static int64_t wait_of(const struct pg *db, const struct write_request *first, int64_t now_ms)
{
    size_t n = 0;
    if (first->rows >= BATCH_MAX / 2) {
        return 0;
    }
    if (is_held(db, first, now_ms)) {
        return BATCH_HELD_MAX_MS; /* usually its end comes first */
    }
    for (const struct write_request *r = first; r != NULL; r = r->next) {
        n += r->sql == first->sql;
    }
    return company_wait_ms(db->company[first->sql], n, loop_tasks_running(db->loop),
                           now_ms - first->since_ms);
}

struct write_request *write_queue_next(const struct pg *db, enum conn_class class, int64_t now_ms,
                                       int64_t *wait_ms)
{
    bool waits[SQL_COUNT] = {false};
    for (struct write_request *r = db->queues[class].first; r != NULL; r = r->next) {
        int64_t wait = 0;
        if (waits[r->sql]) {
            continue;
        }
        if (sql_statements[r->sql].batched && !r->alone) {
            wait = wait_of(db, r, now_ms);
        }
        if (wait == 0) {
            return r;
        }
        waits[r->sql] = sql_statements[r->sql].batched;
        *wait_ms = wait < *wait_ms ? wait : *wait_ms;
    }
    return NULL;
}

void write_queue_take(struct write_queue *q, struct write_request *head, struct batch *b)
{
    bool company = sql_statements[head->sql].batched && !head->alone;
    struct write_request **at = &q->first;
    while (*at != NULL) {
        struct write_request *r = *at;
        bool fits = r == head || (company && r->sql == head->sql && !r->alone &&
                                  b->rows + r->rows <= BATCH_MAX && !shares_key(b, r));
        if (!fits) {
            at = &r->next;
            continue;
        }
        *at = r->next;
        q->n--;
        r->next = NULL;
        b->requests[b->n++] = r;
        b->rows += r->rows;
        if (!company || b->n == BATCH_MAX || b->rows >= BATCH_MAX) {
            break;
        }
    }
    if (q->first == NULL || *at == NULL) {
        q->last = at; /* the walk went to the end */
    }
    qsort(b->requests, b->n, sizeof b->requests[0], by_key);
}

void write_queue_fail(struct pg *db, enum conn_class class)
{
    struct write_queue *q = &db->queues[class];
    struct write_request *r = q->first;
    *q = (struct write_queue){.last = &q->first};
    while (r != NULL) {
        struct write_request *next = r->next;
        (void)fail(ERR_UNAVAILABLE, "pg: the database is away");
        request_fail(r, ERR_UNAVAILABLE);
        r = next;
    }
}

void write_queue_free(struct pg *db)
{
    for (enum conn_class class = CONN_SYNC; class < CONN_CLASS_COUNT; class ++) {
        while (db->queues[class].first != NULL) {
            struct write_request *r = db->queues[class].first;
            db->queues[class].first = r->next;
            request_free(r);
        }
    }
}
