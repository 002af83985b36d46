/* Frames over SOCK_SEQPACKET pairs; see frame.h.  A frame is one datagram: it arrives whole or not
 * at all. Must not interpret payloads. */
#include "proc/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ct.h"
#include "proc/wire.h"

#define SEND_LIMIT_MS 2000
/* Room for two whole frames and the kernel's own accounting. */
#define SOCKET_BUFFER ((int)(2 * FRAME_MAX))

enum err frame_pair(int out[2])
{
    int fd[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd) != 0) {
        return fail(ERR_UNAVAILABLE, "frame: socketpair: %s", strerror(errno));
    }
    for (int i = 0; i < 2; i++) {
        int size = SOCKET_BUFFER;
        if (setsockopt(fd[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size) != 0) {
            int problem = errno;
            close(fd[0]);
            close(fd[1]);
            return fail(ERR_UNAVAILABLE, "frame: send buffer: %s", strerror(problem));
        }
    }
    out[0] = fd[0];
    out[1] = fd[1];
    return OK;
}

enum err frame_put(struct buf *b, const struct message *m)
{
    if (m->payload.n > FRAME_MESSAGE_MAX) {
        return fail(ERR_LIMIT, "frame: a message of %zu bytes", m->payload.n);
    }
    wire_put_u32(b, (uint32_t)m->payload.n);
    wire_put_u32(b, (uint32_t)m->op << 16 | m->status);
    wire_put_u64(b, m->call);
    buf_add(b, m->payload);
    return OK;
}

bool frame_next(struct str *rest, struct message *out, bool *broken)
{
    *broken = false;
    if (rest->n == 0) {
        return false;
    }
    struct wire w = wire_read(*rest);
    uint32_t length = wire_u32(&w);
    uint32_t op_status = wire_u32(&w);
    uint64_t call = wire_u64(&w);
    if (w.broken || length > FRAME_MESSAGE_MAX || length > w.rest.n) {
        *broken = true;
        return false;
    }
    *out = (struct message){.op = (uint16_t)(op_status >> 16),
                            .status = (uint16_t)(op_status & 0xffff),
                            .call = call,
                            .payload = str_of(w.rest.p, length)};
    *rest = str_of(w.rest.p + length, w.rest.n - length);
    return true;
}

/* One attempt.  *sent false: the socket is full. */
static enum err send_once(int fd, struct str frame, int passed, bool *sent)
{
    if (frame.n == 0 || frame.n > FRAME_MAX) {
        return fail(ERR_LIMIT, "frame: %zu bytes", frame.n);
    }
    struct iovec part = {.iov_base = (void *)(uintptr_t)frame.p, .iov_len = frame.n};
    struct msghdr head = {.msg_iov = &part, .msg_iovlen = 1};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    if (passed >= 0) {
        memset(&control, 0, sizeof control);
        head.msg_control = control.bytes;
        head.msg_controllen = sizeof control.bytes;
        struct cmsghdr *c = CMSG_FIRSTHDR(&head);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &passed, sizeof passed);
    }
    for (;;) {
        ssize_t n = sendmsg(fd, &head, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) {
            *sent = true;
            return OK;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
            *sent = false;
            return OK;
        }
        if (errno != EINTR) {
            return fail(ERR_UNAVAILABLE, "frame: send: %s", strerror(errno));
        }
    }
}

enum err frame_try_send(int fd, struct str frame, bool *sent)
{
    return send_once(fd, frame, -1, sent);
}

enum err frame_send_fd(int fd, struct str frame, int passed)
{
    int64_t until = clock_mono_ms() + SEND_LIMIT_MS;
    for (;;) {
        bool sent = false;
        enum err e = send_once(fd, frame, passed, &sent);
        if (e != OK || sent) {
            return e;
        }
        int64_t left = until - clock_mono_ms();
        if (left <= 0) {
            return fail(ERR_TIMEOUT, "frame: the other side does not read");
        }
        struct pollfd wait = {.fd = fd, .events = POLLOUT};
        if (poll(&wait, 1, (int)left) < 0 && errno != EINTR) {
            return fail(ERR_UNAVAILABLE, "frame: poll: %s", strerror(errno));
        }
    }
}

enum err frame_send(int fd, struct str frame)
{
    return frame_send_fd(fd, frame, -1);
}

/* Takes the one descriptor of a received head; closes any further one. */
static int passed_descriptor(struct msghdr *head)
{
    int found = -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c != NULL; c = CMSG_NXTHDR(head, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (found < 0) {
                found = fd;
            } else {
                close(fd);
            }
        }
    }
    return found;
}

enum err frame_receive(int fd, void *into, struct str *out, int *passed_fd)
{
    struct iovec part = {.iov_base = into, .iov_len = FRAME_MAX};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control;
    struct msghdr head = {.msg_iov = &part,
                          .msg_iovlen = 1,
                          .msg_control = control.bytes,
                          .msg_controllen = sizeof control.bytes};
    ssize_t n;
    do {
        n = recvmsg(fd, &head, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            *out = str_of(into, 0);
            if (passed_fd != NULL) {
                *passed_fd = -1;
            }
            return OK;
        }
        return fail(ERR_UNAVAILABLE, "frame: receive: %s", strerror(errno));
    }
    int passed = passed_descriptor(&head);
    if (n == 0 || (head.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || passed_fd == NULL) {
        if (passed >= 0) {
            close(passed);
        }
        passed = -1;
    }
    if (n == 0) {
        return fail(ERR_UNAVAILABLE, "frame: the other side is gone");
    }
    if ((head.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        ct_wipe(into, (size_t)n); /* nobody else knows how much to wipe */
        return fail(ERR_INPUT, "frame: larger than a frame may be");
    }
    if (passed_fd != NULL) {
        *passed_fd = passed;
    }
    *out = str_of(into, (size_t)n);
    return OK;
}
