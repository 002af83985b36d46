/* See sockets.h.  Must not accept: that is for children. */
#include "process/sockets.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/rand.h"

#define BACKLOG 1024

static enum err listen_on(const char *host, const char *port, int *out)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, port, &hints, &found) != 0) {
        return fail(ERR_INPUT, "%s is not an address", host);
    }
    int on = 1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool done = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
                bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
    int problem = errno;
    freeaddrinfo(found);
    if (!done) {
        if (fd >= 0) {
            close(fd);
        }
        return fail(ERR_UNAVAILABLE, "can't listen on %s port %s: %s", host, port,
                    strerror(problem));
    }
    *out = fd;
    return OK;
}

enum err socket_http(const struct config *c, int *out)
{
    return listen_on(c->listen_host, c->listen_port, out);
}

enum err socket_metrics(const struct config *c, int *out)
{
    return listen_on(c->metrics_host, c->metrics_port, out);
}

static enum err control_address(const struct config *c, struct sockaddr_un *out)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    int n = snprintf(out->sun_path, sizeof(out->sun_path), "%s/%s", c->run_dir, CONTROL_SOCKET);
    if (n < 0 || (size_t)n >= sizeof(out->sun_path)) {
        return fail(ERR_INPUT, "run_dir %s is too long for a socket", c->run_dir);
    }
    return OK;
}

static bool somebody_answers(const struct sockaddr_un *at)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool answers = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return answers;
}

static void key_path(const struct sockaddr_un *at, char out[sizeof at->sun_path + 8])
{
    snprintf(out, sizeof at->sun_path + 8, "%s.key", at->sun_path);
}

/* A new one at every start. */
static enum err key_write(const struct sockaddr_un *at, char key[CONTROL_KEY_HEX + 1])
{
    char path[sizeof at->sun_path + 8];
    uint8_t random[CONTROL_KEY_HEX / 2];
    rand_bytes(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++) {
        snprintf(key + 2 * i, 3, "%02x", random[i]);
    }
    key_path(at, path);
    (void)unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool written = fd >= 0 && write(fd, key, CONTROL_KEY_HEX) == CONTROL_KEY_HEX;
    int problem = errno;
    if (fd >= 0) {
        close(fd);
    }
    return written ? OK : fail(ERR_UNAVAILABLE, "%s can't be written: %s", path, strerror(problem));
}

enum err socket_control(const struct config *c, char key[CONTROL_KEY_HEX + 1], int *out)
{
    struct sockaddr_un at;
    TRY(control_address(c, &at));
    if (mkdir(c->run_dir, 0755) != 0 && errno != EEXIST) {
        return fail(ERR_UNAVAILABLE, "run_dir %s can't be made: %s", c->run_dir, strerror(errno));
    }
    if (somebody_answers(&at)) {
        return fail(ERR_CONFLICT, "an authd is already running with run_dir %s", c->run_dir);
    }
    TRY(key_write(&at, key));
    (void)unlink(at.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t old = umask(0177);
    bool bound = fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
    int problem = errno;
    umask(old);
    if (bound && listen(fd, 16) == 0) {
        *out = fd;
        return OK;
    }
    if (fd >= 0) {
        close(fd);
    }
    return fail(ERR_UNAVAILABLE, "%s can't be made: %s", at.sun_path, strerror(problem));
}

/* Of the running parent, which wrote it. */
static enum err key_read(const struct sockaddr_un *at, char key[CONTROL_KEY_HEX + 1])
{
    char path[sizeof at->sun_path + 8];
    key_path(at, path);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    bool whole = fd >= 0 && read(fd, key, CONTROL_KEY_HEX) == CONTROL_KEY_HEX;
    if (fd >= 0) {
        close(fd);
    }
    key[CONTROL_KEY_HEX] = '\0';
    return whole ? OK : fail(ERR_UNAVAILABLE, "%s can't be read", path);
}

enum err socket_control_take(const struct config *c, int fd, char key[CONTROL_KEY_HEX + 1])
{
    struct sockaddr_un wanted;
    struct sockaddr_un at = {0};
    socklen_t n = sizeof(at);
    TRY(control_address(c, &wanted));
    if (getsockname(fd, (struct sockaddr *)&at, &n) != 0 || at.sun_family != AF_UNIX ||
        strncmp(at.sun_path, wanted.sun_path, sizeof(at.sun_path)) != 0) {
        return fail(ERR_NOT_FOUND, "the socket handed over is not of run_dir %s", c->run_dir);
    }
    return key_read(&wanted, key);
}

bool socket_listens_at(int fd, const char *host, const char *port)
{
    struct sockaddr_storage at;
    socklen_t n = sizeof at;
    char at_host[NI_MAXHOST], at_port[NI_MAXSERV];
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *wanted = NULL;
    int type = 0, listening = 0;
    socklen_t size = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || !listening ||
        getsockname(fd, (struct sockaddr *)&at, &n) != 0 ||
        getaddrinfo(host, port, &hints, &wanted) != 0) {
        return false;
    }
    char wanted_host[NI_MAXHOST], wanted_port[NI_MAXSERV];
    int flags = NI_NUMERICHOST | NI_NUMERICSERV;
    bool same = getnameinfo((struct sockaddr *)&at, n, at_host, sizeof at_host, at_port,
                            sizeof at_port, flags) == 0 &&
                getnameinfo(wanted->ai_addr, wanted->ai_addrlen, wanted_host, sizeof wanted_host,
                            wanted_port, sizeof wanted_port, flags) == 0 &&
                strcmp(at_host, wanted_host) == 0 && strcmp(at_port, wanted_port) == 0;
    freeaddrinfo(wanted);
    return same;
}

void socket_control_remove(const struct config *c)
{
    struct sockaddr_un at;
    if (control_address(c, &at) == OK) {
        char key[sizeof at.sun_path + 8];
        key_path(&at, key);
        (void)unlink(key);
        (void)unlink(at.sun_path);
    }
}
