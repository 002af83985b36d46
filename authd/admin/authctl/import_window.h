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

struct import_window {
    const char *socket_path;
    struct import_outgoing batches[IMPORT_BATCHES + 1]; /* a ring: on their way, and one filling */
    size_t oldest, on_their_way;
};

CHECKED enum err import_window_init(struct import_window *w); /* whatever it says: wants done */
void import_window_done(struct import_window *w);             /* wipes what was read */
/* The batch that rows are put into; import_fill begins it, empty. */
struct import_outgoing *import_filling(struct import_window *w);
void import_fill(struct import_window *w);
/* That batch is on its way; a daemon that can't be reached is found out about by the answer. */
void import_send(struct import_window *w);
bool import_is_full(const struct import_window *w); /* no more may go before an answer came */
/* NULL: none is on its way. */
struct import_outgoing *import_oldest(struct import_window *w);
/* Waits for the answer to the oldest, sending again for a minute when the daemon is away that has
 * answered before, else for a moment.  ERR_UNAVAILABLE: it stayed away.  A batch without a row for
 * the daemon has none: *outcomes stays as it is. */
CHECKED enum err import_answer(struct import_window *w, bool has_answered, json_t **outcomes);
void import_forget(struct import_window *w); /* the oldest */

#endif
