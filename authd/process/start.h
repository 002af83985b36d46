/* What the parent reads from files for a child that begins, and nothing else. */
#ifndef PROCESS_START_H
#define PROCESS_START_H
#include "process/control.h"
#include "process/plumbing.h"

/* Fills passwords, keys and certificates of the role into *out, all in the arena, which is wiped
 * after sending.  The reason names the file. */
CHECKED enum err start_secrets(struct arena *a, const struct config *c, enum role role,
                               struct control_start *out);
CHECKED enum err start_tls(struct arena *a, const struct config *c, struct control_tls *out);

#endif
