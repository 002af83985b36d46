/* What the store's tests share: a loop with real tasks, one connection set per role, a superuser's
 * connection for looking and for breaking things.
 *
 * Tasks run on stacks of their own, where cmocka's assertions can't jump from; so inside tasks
 * CHECK records a failure and leaves the function, and world_done asserts that there was none. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <libpq-fe.h>

#include "base/rand.h"
#include "signer/handle.h"
#include "store/pg.h"

enum { TASK_LIMIT = 1024 * 1024, DEADLINE_MS = 20000 };

struct world {
    struct loop *loop;
    struct pg *web, *admin, *clerk, *courier; /* made when first asked for */
    size_t running;
};
extern struct world world;
extern int checks_failed;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            check_failed(__FILE__, __LINE__, #condition);                                          \
            return;                                                                                \
        }                                                                                          \
    } while (0)
#define CHECK_OK(call) CHECK_ERR(call, OK)

/* Waits until what another connection did has arrived: notifications and late writes take a
 * moment, and on a busy machine a long one. */
#define CHECK_SOON(t, condition)                                                                   \
    do {                                                                                           \
        for (int soon = 0; soon < 1000 && !(condition); soon++) {                                  \
            CHECK_OK(task_sleep((t), 10));                                                         \
        }                                                                                          \
        CHECK(condition);                                                                          \
    } while (0)

#define CHECK_ERR(call, expected)                                                                  \
    do {                                                                                           \
        enum err check_err_ = (call);                                                              \
        if (check_err_ != (expected)) {                                                            \
            check_err_failed(__FILE__, __LINE__, #call, check_err_, expected);                     \
            return;                                                                                \
        }                                                                                          \
    } while (0)
void check_failed(const char *file, int line, const char *what);
void check_err_failed(const char *file, int line, const char *what, enum err got,
                      enum err expected);

struct pg *pg_of(const char *role, size_t read_connections, size_t write_connections);
/* Waits until connected, or ERR_TIMEOUT. */
CHECKED enum err wait_ready(struct task *t, struct pg *db);
/* Lazily made sets with two connections of each class, waited for. */
struct pg *web(struct task *t);
struct pg *admin(struct task *t);
struct pg *clerk(struct task *t);
struct pg *courier(struct task *t);
/* cmocka set-up and tear-down of a group. */
int world_open(void **state);
int world_close(void **state);
/* Starts a task. */
void start(task_fn *fn, void *arg);
void start_for(int64_t deadline_ms, task_fn *fn, void *arg);
/* Runs the loop until every started task has ended, then asserts that no CHECK failed. */
void finish(void);
/* One task from beginning to end. */
void run(task_fn *fn);

/* As superuser, blocking.  The text of the first column of the first row, "" for none; good for the
 * next three calls.
 */
const char *sql(const char *format, ...) PRINTF_LIKE(1, 2);
/* As superuser on a connection of its own, kept until let_go(). */
PGconn *hold(const char *text);
void let_go(PGconn *pq);
/* SQLSTATE of a statement executed as `role`; "" when it was allowed. */
const char *state_as(const char *role, const char *text);
/* Runs pg_cluster VERB on the test's cluster, with the options it was started with. */
void cluster(const char *verb);
const char *socket_dir(void);
/* Runs the loop for a while. */
void turn_for(int64_t ms);

#endif
