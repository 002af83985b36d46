/* A batch of writes: what batch.c, which sends it, and write_queue.c, which fills it, share. */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H
#include "store/conn.h"

#define BATCH_MAX 256
#define BATCH_HELD_MAX_MS 20 /* one that waits for a lock keeps nobody else waiting for longer */

struct pg;
struct write_queue;
struct write_request;

struct batch {
    struct group group;
    struct batch *next; /* of those on their way */
    struct conn *conn;
    int64_t sent_ms;
    size_t n, rows;
    struct write_request *requests[BATCH_MAX];
    size_t first_row[BATCH_MAX]; /* of each request */
    bool failed;
    char state[6]; /* SQLSTATE */
    enum err err;
    char reason[160];
};

/* The oldest request that need not wait for company; NULL: none, and *wait_ms is lowered to the
 * time after which it is worth looking again. */
struct write_request *write_queue_next(const struct pg *db, enum conn_class class, int64_t now_ms,
                                       int64_t *wait_ms);
/* Takes the request and its company out of the queue. */
void write_queue_take(struct write_queue *q, struct write_request *head, struct batch *b);

#endif
