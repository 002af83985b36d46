/* From a family's arguments to a request, and its answer back to the task. */
#include "store/write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "signer/handle.h"
#include "store/audit_args.h"
#include "store/engine.h"
#include "store/request.h"

#define AUDIT_ID_COLUMN 1

struct write write_begin(struct task *t, struct pg *db, enum sql_name sql)
{
    return (struct write){.task = t, .db = db, .sql = sql, .args = args_in(t->arena)};
}

void write_row(struct write *w, const struct audit *audit)
{
    w->rows++;
    if (sql_statements[w->sql].audited) {
        struct uuid request;
        memcpy(request.b, w->task->request_uuid, sizeof request.b);
        struct uuid id = {{0}};
        if (audit != NULL) {
            task_id_make(w->task, id.b);
            uuid_mark_random(&id);
        }
        audit_args(&w->args, audit, &id, &request);
    }
}

void write_key(struct write *w, const void *p, size_t n)
{
    if (w->n_keys == WRITE_KEYS_MAX) {
        bug("pg: more than %d keys", WRITE_KEYS_MAX);
    }
    w->keys[w->n_keys++] = str_dup(w->task->arena, str_of(p, n));
}

static struct write_request *request_new(const struct write *w)
{
    size_t size = sizeof(struct write_request) + w->args.n * sizeof(struct value);
    size_t bytes = 0;
    for (size_t i = 0; i < w->args.n; i++) {
        bytes += w->args.v[i].n > 0 ? (size_t)w->args.v[i].n : 0;
    }
    for (size_t i = 0; i < w->n_keys; i++) {
        bytes += w->keys[i].n;
    }
    struct write_request *r = calloc(1, size + bytes);
    if (r == NULL) {
        return NULL;
    }
    r->sql = w->sql;
    r->rows = w->rows;
    r->columns = w->args.n / w->rows;
    r->v = (struct value *)(void *)(r + 1);
    char *to = (char *)(r->v + w->args.n);
    for (size_t i = 0; i < w->args.n; i++) {
        r->v[i] = (struct value){w->args.v[i].type, w->args.v[i].n, to};
        if (w->args.v[i].n > 0) {
            memcpy(to, w->args.v[i].p, (size_t)w->args.v[i].n);
            to += w->args.v[i].n;
        }
    }
    r->n_keys = w->n_keys;
    for (size_t i = 0; i < w->n_keys; i++) {
        memcpy(to, w->keys[i].p, w->keys[i].n);
        r->keys[i] = str_of(to, w->keys[i].n);
        to += w->keys[i].n;
    }
    if (sql_statements[w->sql].audited && r->v[AUDIT_ID_COLUMN].n == UUID_SIZE) {
        r->has_audit = true;
        memcpy(r->audit_id, r->v[AUDIT_ID_COLUMN].p, UUID_SIZE);
        memcpy(r->request_id, w->task->request_uuid, UUID_SIZE);
    }
    return r;
}

void request_free(struct write_request *r)
{
    PQclear(r->result);
    free(r);
}

void request_finish(struct write_request *r)
{
    r->state = WRITE_DONE;
    r->next = NULL;
    if (r->task == NULL) {
        request_free(r);
        return;
    }
    task_wake(r->task);
}

void request_fail(struct write_request *r, enum err e)
{
    r->err = e;
    r->applied = 0;
    (void)snprintf(r->reason, sizeof r->reason, "%s", err_reason());
    request_finish(r);
}

static enum err submit(struct write *w, struct write_request **out)
{
    if (w->rows == 0 || w->args.n % w->rows != 0) {
        bug("pg: %s with %zu values in %zu rows", sql_statements[w->sql].name, w->args.n, w->rows);
    }
    if (pg_class_away(w->db, write_class(w->sql))) {
        return fail(ERR_UNAVAILABLE, "pg: the database is away");
    }
    struct write_request *r = request_new(w);
    if (r == NULL) {
        return fail(ERR_NO_MEMORY, "pg: no memory");
    }
    r->since_ms = clock_mono_ms();
    write_queue_add(w->db, r);
    *out = r;
    return OK;
}

enum err write_commit(struct write *w, bool *applied)
{
    struct write_request *r;
    TRY(submit(w, &r));
    r->task = w->task;
    while (r->state != WRITE_DONE) {
        enum err e = task_park(w->task, sql_statements[w->sql].doing);
        if (e != OK && r->state != WRITE_DONE) {
            r->task = NULL; /* the write goes on without us */
            return r->state == WRITE_DOUBTED
                       ? fail(ERR_UNAVAILABLE, "pg: not known in time whether %s was committed",
                              sql_statements[w->sql].name)
                       : e;
        }
    }
    enum err e = r->err;
    if (e != OK) {
        e = fail(e, "%s", r->reason);
    } else {
        *applied = r->applied == r->rows;
        if (r->result != NULL) {
            w->result = rows_own(w->task->arena, r->result);
            r->result = NULL;
        }
    }
    request_free(r);
    return e;
}

void write_leave(struct write *w)
{
    struct write_request *r;
    if (submit(w, &r) != OK) {
        err_clear();
    }
}
