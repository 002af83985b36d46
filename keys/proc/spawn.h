/* Starting a process of ours: fork, and exec of the program we are ourselves, so that no child
 * shares addresses, canaries or left-over memory with another. */
#ifndef PROC_SPAWN_H
#define PROC_SPAWN_H
#include <sys/types.h>
#include "base/err.h"

#define SPAWN_CONTROL_FD 3
#define SPAWN_ARGUMENT "--process-of-authd" /* argv[1] of a child */

/* Remembers the program's file, while it is still the one we run.  To be called once, first. */
CHECKED enum err spawn_remember(void);
/* Starts the program with argv { title, SPAWN_ARGUMENT }.  `control` becomes SPAWN_CONTROL_FD;
 * standard input is /dev/null, output and error are ours, everything else is closed. */
CHECKED enum err spawn_process(const char *title, int control, pid_t *out);

/* The path under which this program was started, made absolute: where a newer one will be. */
CHECKED enum err spawn_path(char *out, size_t size);
/* Starts the program that is at `path` now, with this argv and environment, descriptors as above.
 */
CHECKED enum err spawn_program(const char *path, char *const argv[], char *const envp[],
                               int control, pid_t *out);

#endif
