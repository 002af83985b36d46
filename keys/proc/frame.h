/* Frames: what crosses a socket pair (SOCK_SEQPACKET) between two of our processes.
 *
 * One frame carries all messages of one loop turn:
 *   frame   = 1*message                          at most FRAME_MAX bytes
 *   message = u32 length | u16 op | u16 status | u64 call id | payload (length bytes)
 * A request has status 0; its answer repeats op and call id, status is the enum err, and the
 * payload of a failed call is the reason as text (for the log, never for the outside). */
#ifndef PROC_FRAME_H
#define PROC_FRAME_H
#include "base/buf.h"
#include "base/err.h"

#define FRAME_MAX ((size_t)192 * 1024)
#define FRAME_MESSAGE_MAX ((size_t)128 * 1024)
#define FRAME_HEAD 16

struct message {
    uint16_t op;
    uint16_t status;
    uint64_t call;
    struct str payload;
};

/* A connected pair with buffers large enough for whole frames, close-on-exec, non-blocking. */
CHECKED enum err frame_pair(int out[2]);
/* Appends a message; ERR_LIMIT when the payload is over FRAME_MESSAGE_MAX. */
CHECKED enum err frame_put(struct buf *b, const struct message *m);
/* Takes the next message from a received frame; false at its end; ERR_INPUT in *broken. */
bool frame_next(struct str *rest, struct message *out, bool *broken);
/* Sends one frame; waits when the socket is full, two seconds at most: who does not read must not
 * keep us from serving others.  ERR_TIMEOUT then; ERR_UNAVAILABLE when the other side is gone. */
CHECKED enum err frame_send(int fd, struct str frame);
/* As frame_send without waiting: *sent false when the socket is full.  For processes with a loop:
 * two that wait for each other's socket to drain would wait for ever. */
CHECKED enum err frame_try_send(int fd, struct str frame, bool *sent);
/* As frame_send, passing a descriptor along. */
CHECKED enum err frame_send_fd(int fd, struct str frame, int passed);
/* Receives one frame into `into` (FRAME_MAX bytes).  OK with out->n 0: would block.
 * ERR_UNAVAILABLE: gone.  Frames carry passwords and secrets: whoever receives wipes `into` when it
 * is done with the frame. */
CHECKED enum err frame_receive(int fd, void *into, struct str *out, int *passed_fd);

#endif
