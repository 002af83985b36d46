/* The verifier's blocking connection: prepared statements, several in one trip, reconnecting. */
#ifndef STORE_VAULT_CONN_H
#define STORE_VAULT_CONN_H
#include "store/credential.h"
#include "store/read.h"

/* Runs the statements in one trip.  Repeated once on a new connection when `repeatable` and the old
 * one turned out to be lost.  ERR_UNAVAILABLE while the database is away. */
CHECKED enum err vault_run(struct arena *a, struct vault *v, bool repeatable, struct read *reads,
                           size_t n);

#endif
