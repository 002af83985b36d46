/* The servers any of which may be the primary: directories of Unix sockets, one for each local
 * PgBouncer (or one for the server itself).
 *
 * Not libpq's list with target_session_attrs=read-write: it believes what the first login through a
 * PgBouncer said about the server, which PgBouncer repeats after a promotion or demotion
 * (docs/decisions/0020-finding-the-primary.md), and asynchronous connecting would never go past a
 * host that accepts and is silent.  So one host is tried at a time, and the server itself is asked.
 */
#ifndef STORE_HOSTS_H
#define STORE_HOSTS_H
#include <stddef.h>

#include "base/err.h"

#define HOSTS_MAX 16

struct hosts {
    char *text; /* the list, cut into pieces */
    const char *of[HOSTS_MAX];
    size_t n;
};
/* ERR_INPUT unless every host is a directory: the password and the rows cross no network
 * unprotected (DESIGN.md section 3). */
CHECKED enum err hosts_init(const char *list, struct hosts *out);
void hosts_done(struct hosts *h);
size_t hosts_next(const struct hosts *h, size_t host);

/* What a connection asks a server first; one row, one boolean. */
#define HOSTS_TAKES_NO_WRITES "current_setting('transaction_read_only')::boolean"

#endif
