/* What child.c, orders.c and serve.c share. */
#ifndef PROCESS_INSIDE_H
#define PROCESS_INSIDE_H
#include "process/control.h"
#include "process/plumbing.h"

#define SERVED_MAX 256

struct served { /* a channel on which this process answers */
    int fd;
    uint8_t other;
    uint32_t number;
    int channel;
    uint32_t life;
};

struct process_inside {
    struct arena *arena;         /* for the life of the process */
    struct config *config;       /* the present one */
    struct event *control_event; /* of processes with a loop */
    uint8_t *frame;              /* FRAME_MAX */
    struct served served[SERVED_MAX];
    size_t n_served;
    bool ready;    /* process_ready was called */
    bool draining; /* told to end */
    bool gone;     /* the parent is */
};

/* orders.c: takes one frame from the control socket and does what it says.  false: nothing was
 * there, or the parent is gone. */
bool orders_next(struct process *self);
/* Its two halves, for the beginning.  *any false: nothing is there.  The message lies in
 * inside->frame; *fd: a descriptor that came along. */
CHECKED enum err orders_receive(struct process *self, struct message *out, int *fd, bool *any);
CHECKED enum err orders_take(struct process *self, const struct message *m, int fd);
/* Whom of the others this process asks; NULL: nobody. */
struct peer **orders_peer(struct process *self, uint8_t other);
/* In the process's own memory, for good. */
struct str orders_kept(struct process *self, struct str s);

#endif
