/* The sandbox of a process: what the kernel still does for it once it has set up.
 *
 * Rights are classes of system calls; everything else is refused (EPERM) or, for calls that only an
 * intruder makes, ends the process.  Files are closed by Landlock as well.  */
#ifndef PROC_SANDBOX_H
#define PROC_SANDBOX_H
#include <stddef.h>
#include "base/err.h"

enum sandbox_right {
    SANDBOX_ACCEPT = 1,       /* accepts connections on sockets it was given */
    SANDBOX_CONNECT_UNIX = 2, /* makes and connects Unix sockets (PostgreSQL) */
    SANDBOX_CONNECT_INET = 4, /* makes and connects network sockets, resolves names */
    SANDBOX_THREADS = 8,      /* library threads (resolver, Argon2 lanes) */
    SANDBOX_READ_SYSTEM = 16  /* reads public system files: resolver, certificates */
};

/* Closes it for good.  What the system does not offer is added to `missing` and is no error. */
CHECKED enum err sandbox_close(unsigned rights, char *missing, size_t size);

#endif
