/* What a parent and its heir, the parent of the program that takes its place, say to each other.
 *
 * Two versions of the program speak this: operations and fields are only ever added at the end, and
 * an operation that is not known is passed over.  One frame carries one message.
 *
 *   parent: SOCKET…, BEGIN    sockets: str name ("http", "metrics", "authctl") + descriptor
 *   heir:   READY             str version, u8 whether it serves authctl's socket
 *        or REFUSED           str reason; it ends, nothing has changed
 *   parent: YOURS             from here on the heir is the service, and the parent finishes
 *
 * The socket between them is descriptor SPAWN_CONTROL_FD of the heir, named by HANDOVER_VARIABLE.
 * While nothing is YOURS the end of either is the end of the attempt. */
#ifndef PROCESS_HANDOVER_H
#define PROCESS_HANDOVER_H
#include "base/err.h"
#include "base/str.h"

#define HANDOVER_VARIABLE "AUTHD_HANDOVER"
#define HANDOVER_TEXT_MAX 240

enum handover_op {
    HANDOVER_SOCKET = 1,
    HANDOVER_BEGIN,
    HANDOVER_READY,
    HANDOVER_REFUSED,
    HANDOVER_YOURS
};

struct handover_said {
    enum handover_op op;
    char text[HANDOVER_TEXT_MAX]; /* READY: version; REFUSED: reason; SOCKET: name */
    bool authctl;                 /* READY */
    int fd;                       /* SOCKET; else -1 */
};

/* The heir's end, removed from the environment; -1: nobody hands over. */
int handover_take(void);
CHECKED enum err handover_say(int fd, enum handover_op op, const char *text, bool authctl,
                              int passed);
/* The next message.  *any false: none is there.  ERR_UNAVAILABLE: the other side is gone.
 * frame: FRAME_MAX bytes. */
CHECKED enum err handover_hear(int fd, uint8_t *frame, struct handover_said *out, bool *any);

#endif
