/* What the service manager that started us (systemd) hands over and wants to hear:
 * sd_listen_fds(3), sd_notify(3).  The protocols are a few environment variables and one datagram;
 * a library for them would bring its own dependencies into the process that starts all others
 * (docs/decisions/0012). Without such a manager every call does nothing. */
#ifndef PROCESS_SERVICE_MANAGER_H
#define PROCESS_SERVICE_MANAGER_H
#include <stdint.h>
#include "config/config.h"

struct service_manager {
    int fd;              /* connected to NOTIFY_SOCKET; -1: nobody listens */
    char path[120];      /* of that socket, for an heir (upgrade.c) */
    int64_t watchdog_ms; /* it wants WATCHDOG=1 at least this often; 0: it does not */
};
/* Reads and removes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, so that no child inherits them.
 */
void service_manager_open(struct service_manager *out);
void service_manager_close(struct service_manager *m);
/* "READY=1", "STATUS=…", "STOPPING=1", lines separated by \n.  Waits at most 5 s while the manager's
 * queue is full: it must not miss who the main process is.  What it did not take is logged. */
void service_manager_tell(const struct service_manager *m, const char *state);
/* "WATCHDOG=1".  Does not wait: the next one comes in time. */
void service_manager_live(const struct service_manager *m);
/* "RELOADING=1" with the time it demands. */
void service_manager_tell_reloading(const struct service_manager *m);

/* The HTTP socket when it was opened for us, else *out = -1.  Exactly one is taken, and only one
 * that listens where the configuration says: what may be served without TLS is decided there.
 * ERR_INPUT otherwise. */
CHECKED enum err service_manager_socket(const struct config *c, int *out);

#endif
