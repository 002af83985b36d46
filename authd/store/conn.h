/* One pipelined connection: connects, prepares the statements of its role, sends groups of
 * statements with one Sync each, gives every result to the group it belongs to, reconnects with
 * back-off.
 *
 * Nothing here waits; groups are told from the loop.  Used by pg.c, read.c, batch.c, outcome.c,
 * listen.c. */
#ifndef STORE_CONN_H
#define STORE_CONN_H
#include <event2/event.h>
#include <libpq-fe.h>

#include "sql/statements.h"
#include "store/args.h"
#include "store/pg.h"
#include "store/rows.h"

enum conn_class { CONN_READ, CONN_SYNC, CONN_ASYNC, CONN_CLASS_COUNT };
enum conn_state { CONN_CLOSED, CONN_CONNECTING, CONN_PREPARING, CONN_READY };

/* A group in flight.  The owner embeds it; it must stay until on_done was called. */
struct group {
    struct group *next;
    /* One result of statement number `index`; takes it over.  Indexes beyond the last statement are
     * failures at commit. */
    void (*on_result)(struct group *g, size_t index, PGresult *result);
    /* After the Sync (the commit is known), or when the connection was lost before. */
    void (*on_done)(struct group *g, bool lost);
    size_t results;
    bool warned; /* the server warned while it was in flight: its commit may not be replicated */
};

/* What time is it there?  One question at a time on each connection. */
struct clock_question {
    struct group group;
    struct pg *db;
    bool asked, answered;
    int64_t asked_ms, answer_ms;
};

struct conn {
    struct pg *db;
    enum conn_class class;
    size_t number; /* within its class */
    enum conn_state state;
    PGconn *pq;
    struct event *io, *timer;
    short watched;
    struct group *first, **last;
    size_t depth;      /* groups in flight */
    unsigned failures; /* rounds of all hosts without success since it last stood */
    size_t host;       /* where it is connected, or tries to */
    size_t tried;      /* hosts in this round */
    const char *why;   /* it is to be closed, when libpq would not know */
    int backend_pid;
    int64_t backend_start; /* microseconds since 2000, as PostgreSQL gave it */
    struct group hello;
    struct clock_question clock;
    bool hello_failed, settled; /* hello.c: settings made; statements are being prepared */
    bool standby;               /* it is given up because the server takes no writes */
    int64_t connecting_since_ms;
    int64_t progress_ms; /* monotonic: when the last result came, or the first group was sent */
    int64_t heard_ms;    /* monotonic: when the last result came */
    bool told;           /* that its commit waits long */
    bool broken;         /* to be closed when the present event is over */
};

CHECKED enum err conn_init(struct conn *c, struct pg *db, enum conn_class class, size_t number);
void conn_open(struct conn *c);
void conn_done(struct conn *c); /* closes without telling groups */

/* Queues one prepared statement of the group that is being built; conn_group_end closes the group.
 * False: the connection is gone (the group, if it was begun, is told by on_done later). */
bool conn_statement(struct conn *c, enum sql_name sql, const struct value *v, size_t n);
/* The same for a text that is not prepared (LISTEN). */
bool conn_text(struct conn *c, const char *sql);
bool conn_group_end(struct conn *c, struct group *g);
/* Closes it when the present event is over: the only way to end one from inside its own events. */
void conn_break(struct conn *c);
/* Tells the connection that what it says can't be trusted or used any more (read-only server, stale
 * plans): it is closed and opened again. */
void conn_renew(struct conn *c, const char *why);
/* The same, beginning with the next host: this one takes no writes or doesn't answer. */
void conn_leave(struct conn *c, const char *why);
/* Somebody else has just reached the primary: who waits to try again tries at once. */
void conn_try_now(struct conn *c);

/* reconnect.c, for conn.c: where to try next (a round begins with the host where somebody last
 * found the primary), in how many milliseconds, and how long an attempt may take. */
void reconnect_choose(struct conn *c, bool stood);
int64_t reconnect_wait_ms(const struct conn *c);
int64_t reconnect_limit_ms(const struct conn *c);

/* pg.c: what the connections tell */
void pg_conn_ready(struct conn *c);
void pg_conn_lost(struct conn *c); /* after every group was told */
void pg_conn_idle(struct conn *c); /* the last group in flight is done */
void pg_conn_notified(struct conn *c, const char *channel, const char *payload);
void pg_clock_ask(struct conn *c); /* a small question; its answer is the offset of the clocks */
bool pg_uses(const struct pg *db, enum sql_name sql); /* by its role */

#endif
