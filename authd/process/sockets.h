/* The two sockets the parent opens for its children. */
#ifndef PROCESS_SOCKETS_H
#define PROCESS_SOCKETS_H
#include "config/config.h"

#define CONTROL_SOCKET "authctl.sock"
#define CONTROL_KEY_HEX 64

/* The HTTP socket: bound, listening, non-blocking. */
CHECKED enum err socket_http(const struct config *c, int *out);
/* The socket of /metrics, on loopback. */
CHECKED enum err socket_metrics(const struct config *c, int *out);
/* run_dir/authctl.sock, for root and our own user only, and beside it the file authctl.sock.key,
 * whose text every request must bring.  Our processes may run as one user, and those that speak to
 * the database can connect to any Unix socket they may write to; what none of them can is open a
 * file.  ERR_CONFLICT when an authd answers there already. */
CHECKED enum err socket_control(const struct config *c, char key[CONTROL_KEY_HEX + 1], int *out);
/* The same when an old parent hands over `fd`: ERR_NOT_FOUND when it is of another run_dir.  The
 * key stays, so that an authctl that has read it is answered by either. */
CHECKED enum err socket_control_take(const struct config *c, int fd, char key[CONTROL_KEY_HEX + 1]);
/* Is it a stream socket that listens at this numeric address? */
bool socket_listens_at(int fd, const char *host, const char *port);
void socket_control_remove(const struct config *c);

#endif
