/* A write on its way: what batch.c and outcome.c know of it.  Lives on the heap, because a task
 * that gives up does not take its write back. */
#ifndef STORE_REQUEST_H
#define STORE_REQUEST_H
#include <libpq-fe.h>

#include "sql/statements.h"
#include "store/args.h"
#include "task/task.h"

enum write_state { WRITE_QUEUED, WRITE_SENT, WRITE_DOUBTED, WRITE_DONE };

struct write_request {
    struct write_request *next;
    enum sql_name sql;
    struct task *task; /* NULL: nobody waits (any more) */
    enum write_state state;
    int64_t since_ms; /* monotonic: when it was first queued */
    size_t rows, columns;
    struct value *v; /* row by row; the bytes follow in the same allocation */
    struct str keys[2];
    size_t n_keys;
    bool alone; /* its batch failed: tried by itself now */
    unsigned tries;
    bool has_audit; /* an entry tells whether it was committed */
    uint8_t audit_id[UUID_SIZE], request_id[UUID_SIZE];
    size_t applied; /* rows the statement acted on */
    enum err err;
    char reason[160];
    PGresult *result; /* of a statement that is not batched */
};
/* Tells the task, or frees it when nobody waits.  applied and err are set. */
void request_finish(struct write_request *r);
/* Takes the last reason along. */
void request_fail(struct write_request *r, enum err e);
void request_free(struct write_request *r);

#endif
