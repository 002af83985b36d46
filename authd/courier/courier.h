/* The courier's process from inside. */
#ifndef COURIER_COURIER_H
#define COURIER_COURIER_H
#include "courier/post.h"
#include "courier/resolve.h"
#include "process/process.h"
#include "store/outbox.h"

struct courier {
    struct process *process;
    struct pg *db;
    struct poster *poster;
    struct resolver *resolver;
};

/* logout.c: one attempt at one row, and its outcome in the database.  Waits. */
CHECKED enum err courier_deliver(struct task *t, struct courier *c, const struct outbox_row *row);

#endif
