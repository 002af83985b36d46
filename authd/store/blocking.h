/* libpq for what has no loop (the verifier, authctl migrate, authctl doctor), with a limit to every
 * wait: a server that is frozen or cut off must not hold its caller for ever, and libpq's own
 * blocking calls have no limit once a connection stands. */
#ifndef STORE_BLOCKING_H
#define STORE_BLOCKING_H
#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "store/conninfo.h"
#include "store/hosts.h"

/* Waits until PQgetResult would not block.  False: not before `until_ms` (monotonic).  A lost
 * connection is no reason to wait: true. */
bool blocking_wait(PGconn *pq, int64_t until_ms);

/* Asks one host after the other, beginning at *host, for the server that takes writes; where->host
 * is not looked at.  The connection is the caller's.  ERR_UNAVAILABLE: none does; the reason says
 * what each answered.  *host: where it was found, or where to begin next time. */
CHECKED enum err blocking_connect(const struct hosts *hosts, size_t *host,
                                  const struct conninfo_where *where, PGconn **out);

#endif
