/* What the files of the engine (pg.c, read.c, batch.c, write_queue.c, outcome.c, listen.c,
 * client_cache.c, resource_cache.c) share. Families include store/read.h and store/write.h instead.
 */
#ifndef STORE_ENGINE_H
#define STORE_ENGINE_H
#include "store/conn.h"
#include "store/hosts.h"

struct write_request;
struct listener;
struct doubt;
struct client_cache;
struct resource_cache;
struct kept;

/* Requests of one durability class that wait for a connection. */
struct write_queue {
    struct write_request *first, **last;
    size_t n;
};

struct pg {
    struct loop *loop;
    struct hosts hosts;
    size_t primary; /* the host that was last found to take writes */
    char *database, *user, *port;
    char *password; /* one locked page, kept out of core dumps; NULL: none */
    unsigned role;  /* bit */
    bool sandbox;
    struct conn *conns;
    size_t n_conns;
    struct conn *of_class[CONN_CLASS_COUNT];
    size_t n_of_class[CONN_CLASS_COUNT];
    struct write_queue queues[CONN_CLASS_COUNT];
    bool dispatch_planned;
    struct batch *batches_sent;
    struct event *held_timer;  /* for writes that wait for company */
    size_t company[SQL_COUNT]; /* how many went together the last time (company.h) */
    struct find *finds;        /* keys whose rows are wanted, in the order of asking */
    struct find_batch *finds_sent;
    uint64_t find_statements; /* sent so far */
    struct event *finds_timer;
    bool finds_planned;
    struct doubt *doubts;
    struct event *doubt_timer;
    struct listener *listeners;
    struct event *clock_timer;
    bool clock_known;
    unsigned ticks;
    int64_t probe_at_ms, probe_wait_ms; /* watch.c */
    struct client_cache *clients;
    struct resource_cache *resources;
    struct kept *kept; /* kept.h */
    char failure[160]; /* why the last connection failed, or the statement that did not fit */
};

/* The connection of the class with the least in flight; NULL when none is ready. */
struct conn *pg_pick(struct pg *db, enum conn_class class);
/* Is it hopeless to wait for a connection of the class?  (The first attempts to reconnect have
 * failed, or every connection waits for a commit that doesn't end.) */
bool pg_class_away(const struct pg *db, enum conn_class class);

/* watch.c */
void watch_tick(struct pg *db);
bool watch_stuck(const struct conn *c);
/* A synchronous commit has succeeded there. */
void watch_proven(struct conn *c);

/* Where names are looked for.  In a sandbox now() is found in its schema first, which only `authctl
 * migrate` makes: its being there marks the database (migrations/sandbox.sql). */
#define SEARCH_PATH "authd"
#define SANDBOX_SCHEMA "authd_sandbox"
#define SANDBOX_SEARCH_PATH SANDBOX_SCHEMA ", authd, pg_catalog"
/* Says what is wrong and what to do. */
void pg_sandbox_mismatch(bool wanted);

/* What the caller can do about a failed statement, from its SQLSTATE; the reason names the
 * statement. */
enum err pg_result_err(enum sql_name sql, const PGresult *result);

/* batch.c */
void batch_dispatch_soon(struct pg *db);
void batch_free(struct pg *db);
/* The values of several rows, row by row, as one statement with an array for each column. */
bool conn_rows(struct conn *c, enum sql_name sql, const struct value *flat, size_t rows,
               size_t columns);

/* write_queue.c; who joins is sent by batch.c when its turn has come */
enum conn_class write_class(enum sql_name sql); /* its durability */
void write_queue_add(struct pg *db, struct write_request *r);
void write_queue_return(struct pg *db, struct write_request *r); /* it goes first */
void write_queue_fail(struct pg *db, enum conn_class class);     /* the database is away */
void write_queue_free(struct pg *db);

/* find.c */
void find_dispatch_soon(struct pg *db);
void find_free(struct pg *db);

/* outcome.c: a commit was in flight on a connection that is lost, or is perhaps not replicated
 * (then backend_pid is 0); takes the requests over. */
void outcome_doubt(struct pg *db, struct write_request *requests, int backend_pid,
                   int64_t backend_start);
void outcome_try(struct pg *db);
void outcome_free(struct pg *db);

/* listen.c */
void listen_start(struct conn *c);
void listen_notified(struct pg *db, const char *channel, const char *payload);
void listen_lost(struct pg *db);
bool listen_stands(const struct pg *db);
void listen_free(struct pg *db);

/* client_cache.c, resource_cache.c */
void client_cache_free(struct pg *db);
void resource_cache_free(struct pg *db);

#endif
