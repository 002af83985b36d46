/* PostgreSQL for processes with a loop: asynchronous, pipelined, prepared, coalesced, reconnecting.
 *
 * Reads share pipelined connections: the statements given together go in one trip.  Writes are
 * array statements: requests of the same kind that wait together become the rows of one statement
 * with one commit; the commit in flight is the batching window.  A write that is not known to have
 * been committed is resolved by its request id before it is answered (store/outcome.c).
 *
 * While the database is away every call answers ERR_UNAVAILABLE at once, and reconnecting goes on
 * with back-off.  Only the functions of store/<family>.h call this header. */
#ifndef STORE_PG_H
#define STORE_PG_H
#include "base/err.h"
#include "base/str.h"
#include "config/config.h"
#include "signer/proof.h"
#include "task/task.h"

struct pg;
struct pg_settings {
    const char *host, *database, *user; /* host: directories of Unix sockets, comma separated */
    struct str password;                /* copied into locked memory */
    long port;
    size_t read_connections, write_connections;
    const char *role; /* which statements to prepare: "web", "clerk", "courier", "admin" */
    bool sandbox;     /* the database must be a sandbox's; else it must not be one */
};
/* Starts connecting; returns before the first connection stands. */
CHECKED enum err pg_new(struct loop *l, const struct pg_settings *s, struct pg **out);
void pg_free(struct pg *db);
bool pg_ready(const struct pg *db);
/* The host where the primary was last found. */
const char *pg_host(const struct pg *db);
/* Several attempts to connect have failed; short of that, calls wait for the connection. */
bool pg_away(const struct pg *db);
/* Waits until connected, or ERR_TIMEOUT; ERR_UNAVAILABLE with the last failure when several
 * attempts have failed: for a process that may not begin without (an upgrade). */
CHECKED enum err pg_wait_well(struct task *t, struct pg *db);
/* Calls fn from the loop for each notification on `channel`; fn(arg, "") also after every
 * reconnect, because notifications may have been lost. */
void pg_listen(struct pg *db, const char *channel, void (*fn)(void *arg, struct str payload),
               void *arg);
/* How far the database's clock is ahead of this machine's, milliseconds; 0 while it is not known.
 * The process itself counts by the database's (base/clock.h), read at connect and every five
 * seconds. */
int64_t pg_clock_offset_ms(const struct pg *db);

#endif
