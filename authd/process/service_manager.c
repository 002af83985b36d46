/* See service_manager.h.  Must not be used by a child. */
#include "process/service_manager.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/str.h"
#include "log/log.h"
#include "process/sockets.h"

#define LISTEN_FDS_START 3
#define MOVED_FDS_START 10 /* children get their control socket as descriptor 3 */
#define MANAGER_WAIT_MS 5000

/* A number of the environment, removed from it; 0 when there is none. */
static uint64_t take_number(const char *name)
{
    uint64_t n = 0;
    const char *text = getenv(name);
    if (text == NULL || !str_u64(str_from(text), &n)) {
        n = 0;
    }
    (void)unsetenv(name);
    return n;
}

static int connect_to(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t n = strlen(path);
    if ((path[0] != '/' && path[0] != '@') || n < 2 || n >= sizeof at.sun_path) {
        return -1;
    }
    memcpy(at.sun_path, path, n);
    if (path[0] == '@') {
        at.sun_path[0] = '\0'; /* an abstract address */
    }
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&at, size) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

void service_manager_open(struct service_manager *out)
{
    const char *path = getenv("NOTIFY_SOCKET");
    *out = (struct service_manager){.fd = path == NULL ? -1 : connect_to(path)};
    if (out->fd >= 0) {
        snprintf(out->path, sizeof out->path, "%s", path);
    }
    (void)unsetenv("NOTIFY_SOCKET");
    uint64_t us = take_number("WATCHDOG_USEC");
    uint64_t pid = take_number("WATCHDOG_PID");
    if (out->fd >= 0 && (pid == 0 || pid == (uint64_t)getpid()) && us < (uint64_t)INT64_MAX) {
        out->watchdog_ms = (int64_t)(us / 1000);
    }
}

void service_manager_close(struct service_manager *m)
{
    if (m->fd >= 0) {
        close(m->fd);
        m->fd = -1;
    }
}

static bool sent(const struct service_manager *m, const char *state)
{
    return send(m->fd, state, strlen(state), MSG_NOSIGNAL) >= 0;
}

void service_manager_tell(const struct service_manager *m, const char *state)
{
    if (m->fd < 0) {
        return;
    }
    /* A manager that is busy has a full queue: what it must know waits for room there. */
    int64_t until = clock_mono_ms() + MANAGER_WAIT_MS;
    while (!sent(m, state)) {
        int why = errno;
        int64_t left = until - clock_mono_ms();
        if ((why != EAGAIN && why != EINTR) || left <= 0) {
            log_event(LOG_WARN, MANAGER_UNHEARD, LOG_Z("state", state),
                      LOG_Z("reason", strerror(why)));
            return;
        }
        struct pollfd room = {.fd = m->fd, .events = POLLOUT};
        (void)poll(&room, 1, (int)left);
    }
}

void service_manager_live(const struct service_manager *m)
{
    if (m->fd >= 0) {
        (void)sent(m, "WATCHDOG=1");
    }
}

void service_manager_tell_reloading(const struct service_manager *m)
{
    char text[64];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    service_manager_tell(m, text);
}

enum err service_manager_socket(const struct config *c, int *out)
{
    uint64_t pid = take_number("LISTEN_PID");
    uint64_t n = take_number("LISTEN_FDS");
    (void)unsetenv("LISTEN_FDNAMES");
    if (n == 0 || pid != (uint64_t)getpid()) {
        *out = -1;
        return OK;
    }
    if (n != 1) {
        return fail(ERR_INPUT, "the service manager passes %llu sockets; give one ListenStream=%s",
                    (unsigned long long)n, c->listen);
    }
    if (!socket_listens_at(LISTEN_FDS_START, c->listen_host, c->listen_port)) {
        return fail(ERR_INPUT,
                    "the socket that the service manager passes does not listen on %s; make "
                    "ListenStream= and server.listen agree",
                    c->listen);
    }
    int fd = fcntl(LISTEN_FDS_START, F_DUPFD_CLOEXEC, MOVED_FDS_START);
    int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        return fail(ERR_UNAVAILABLE, "the passed socket can't be used: %s", strerror(errno));
    }
    close(LISTEN_FDS_START);
    *out = fd;
    return OK;
}
