/* How every process connects to PostgreSQL: over a Unix socket, as its own role, and with nothing
 * that libpq would look up by itself (no password file, no TLS, no Kerberos ticket: a remote
 * cluster is reached through a local pooler that does TLS).  Whether the server takes writes is
 * asked then (store/hosts.h). */
#ifndef STORE_CONNINFO_H
#define STORE_CONNINFO_H

#define CONNINFO_MAX 16

struct conninfo_where {
    const char *host; /* one directory of a socket */
    const char *port, *database, *user;
    const char *password; /* NULL: none */
    const char *name;     /* of the application; NULL: authd */
};
/* For PQconnectStartParams; borrows the texts of `where`. */
struct conninfo {
    const char *keys[CONNINFO_MAX], *values[CONNINFO_MAX];
};
struct conninfo conninfo_of(const struct conninfo_where *where);

#endif
