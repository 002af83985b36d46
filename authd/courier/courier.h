/* The courier's process from inside. */
#ifndef COURIER_COURIER_H
#define COURIER_COURIER_H
#include "courier/resolve.h"
#include "courier/transfer.h"
#include "process/process.h"
#include "store/client_keys.h"
#include "store/outbox.h"

struct courier {
    struct process *process;
    struct pg *db;
    struct transfers *transfers;
    struct resolver *resolver;
};

/* reach.c: fills in where the URL leads, guarded, and runs the request.  ERR_DENIED: the guard.
 * Waits.
 */
CHECKED enum err courier_reach(struct task *t, struct courier *c, struct str url,
                               struct transfer_request *request, struct transfer_answer *out);
/* logout.c: one attempt at one row, and its outcome in the database.  Waits. */
CHECKED enum err courier_deliver(struct task *t, struct courier *c, const struct outbox_row *row);
/* client_keys.c: one fetch of one client's keys, and its outcome in the database.  Waits. */
CHECKED enum err courier_fetch_keys(struct task *t, struct courier *c,
                                    const struct client_keys_due *due);
/* sector_document.c: one fetch for an administrator who waits, and its outcome in the database.
 * Waits. */
CHECKED enum err courier_fetch_sector_document(struct task *t, struct courier *c, struct str uri);

#endif
