/* The two sockets the parent opens for its children. */
#ifndef PROCESS_SOCKETS_H
#define PROCESS_SOCKETS_H
#include "config/config.h"

#define CONTROL_SOCKET "authctl.sock"

/* The HTTP socket: bound, listening, non-blocking. */
CHECKED enum err socket_http(const struct config *c, int *out);
/* The socket of /metrics, on loopback. */
CHECKED enum err socket_metrics(const struct config *c, int *out);
/* run_dir/authctl.sock, for root and our own user only.  ERR_CONFLICT when an authd answers there
 * already. */
CHECKED enum err socket_control(const struct config *c, int *out);
void socket_control_remove(const struct config *c);

#endif
