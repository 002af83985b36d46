/* What the commands of `authctl sandbox` share. */
#ifndef ADMIN_SANDBOX_H
#define ADMIN_SANDBOX_H
#include "admin/admin.h"

/* ERR_CONFLICT with the cure where authd is no sandbox. */
CHECKED enum err sandbox_only(const struct call *c);
/* The clock of the database and of this node's processes.  Waits. */
CHECKED enum err sandbox_clock_move(struct call *c, int64_t shift_s, int64_t *out);

#endif
