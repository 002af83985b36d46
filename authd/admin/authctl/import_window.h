/* Batches on their way to the daemon: each on a connection of its own, at most as many as keep
 * signers and database busy, answered in the order they were sent.  The daemon taking its time is
 * what slows the reading down.  A batch whose answer did not come is sent again: the daemon finds
 * there what it had entered. */
#ifndef AUTHCTL_IMPORT_WINDOW_H
#define AUTHCTL_IMPORT_WINDOW_H
#include "authctl/authctl.h"

#define IMPORT_BATCHES 6
#define IMPORT_BATCH_ROWS 256
#define IMPORT_BATCH_BYTES ((size_t)180 * 1024) /* of JSON: a request has room for it */

struct import_pending {
    uint64_t line;
    struct str row;     /* as it stood in the file */
    struct str trouble; /* present: it never went to the daemon */
    size_t at;          /* among the batch's rows */
};
struct import_outgoing {
    struct arena *arena;
    struct import_pending *v;
    size_t n;
    json_t *rows;          /* for the daemon */
    size_t bytes;          /* of these as JSON */
    uint64_t offset, line; /* behind the last one */
    int fd;                /* -1: to be sent again */
    json_t *request;
};

/* On its way; a daemon that can't be reached is found out about by the answer. */
void import_send(const char *socket_path, struct import_outgoing *b);
/* Waits for the answer, sending again for a minute when the daemon is away that has answered
 * before, else for a moment.  ERR_UNAVAILABLE: it stayed away. */
CHECKED enum err import_answer(const char *socket_path, struct import_outgoing *b,
                               bool has_answered, json_t **outcomes);

#endif
