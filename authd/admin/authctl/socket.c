/* The control socket from authctl's end: one line out, lines back until a result or an error. */
#include "authctl/authctl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/ct.h"

#define KEY_MAX 256
#define ANSWER_MAX ((size_t)64 * 1024 * 1024) /* a list of everything there is of a kind */

static enum err socket_open(const char *path, int *out)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t n = strlen(path);
    if (n >= sizeof address.sun_path) {
        return fail(ERR_INPUT, "%s: too long for the name of a socket", path);
    }
    memcpy(address.sun_path, path, n + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return fail(ERR_UNAVAILABLE, "no socket: %s", strerror(errno));
    }
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        int why = errno;
        close(fd);
        const char *cure = why == EACCES ? "run authctl as root or as the daemon's user"
                                         : "is authd running, and with this configuration?";
        return fail(ERR_UNAVAILABLE, "cannot reach authd at %s: %s; %s", path, strerror(why), cure);
    }
    *out = fd;
    return OK;
}

/* What lies beside the socket: who can't open a file may not command. */
static enum err key_read(struct arena *a, const char *socket, struct str *out)
{
    const char *path = str_z(a, str_fmt(a, "%s.key", socket));
    char *key = arena_alloc(a, KEY_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, key, KEY_MAX) : -1;
    int why = errno;
    if (fd >= 0) {
        close(fd);
    }
    if (n <= 0) {
        return fail(ERR_DENIED,
                    "%s can't be read: %s; authd writes it when it starts: run authctl as root or "
                    "as the daemon's user",
                    path, n == 0 ? "it is empty" : strerror(why));
    }
    *out = str_of(key, (size_t)n);
    return OK;
}

static enum err send_all(int fd, struct str bytes)
{
    while (bytes.n) {
        ssize_t sent = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return fail(ERR_UNAVAILABLE, "authd hung up: %s", strerror(errno));
        }
        bytes = str_of(bytes.p + sent, bytes.n - (size_t)sent);
    }
    return OK;
}

/* The daemon's word for what it was; a word of another version is a refusal. */
static enum err kind_of(struct str word)
{
    for (int e = OK + 1; e < ERR_COUNT; e++) {
        if (str_eqz(word, err_name((enum err)e))) {
            return (enum err)e;
        }
    }
    return ERR_DENIED;
}

/* Looks at one line; *done when it was the last. */
static enum err take_line(struct arena *a, struct str line, json_t **result, bool *done)
{
    json_t *answer;
    if (json_read(line, ANSWER_MAX, &answer) != OK) {
        return fail(ERR_INTERNAL, "authd's answer is not JSON");
    }
    json_own(a, answer);
    const json_t *progress = json_object_get(answer, "progress");
    const json_t *error = json_object_get(answer, "error");
    json_t *value = json_object_get(answer, "result");
    if (progress) {
        int64_t at = 0, total = 0;
        (void)json_member_i64(progress, "done", &at);
        (void)json_member_i64(progress, "total", &total);
        progress_show(at, total);
        return OK;
    }
    *done = true;
    if (error) {
        struct str text = json_member(error, "text");
        return fail(kind_of(json_member(error, "kind")), "%.*s",
                    STR_FMT(str_is(text) ? text : STR("refused")));
    }
    if (!value) {
        return fail(ERR_INTERNAL, "authd's answer has no result");
    }
    *result = value;
    return OK;
}

/* Whole lines from what has been received; what is left stays. */
static enum err take_lines(struct arena *a, struct buf *received, json_t **result, bool *done)
{
    struct str rest = buf_str(received);
    while (!*done && str_has_byte(rest, '\n')) {
        struct str line = str_of(rest.p, str_find(rest, '\n'));
        rest = str_of(rest.p + line.n + 1, rest.n - line.n - 1);
        TRY(take_line(a, line, result, done));
    }
    memmove(received->p, rest.p, rest.n);
    received->n = rest.n;
    return OK;
}

static enum err receive(struct arena *a, int fd, json_t **result)
{
    struct buf received = buf_in(a);
    bool done = false;
    char chunk[16384];
    while (!done) {
        ssize_t n = recv(fd, chunk, sizeof chunk, 0);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return fail(ERR_UNAVAILABLE, "authd hung up before it answered; look into its log");
        }
        struct str more = str_of(chunk, (size_t)n);
        buf_add(&received, more);
        if (str_has_byte(more, '\n')) {
            TRY(take_lines(a, &received, result, &done));
        } else if (received.n > ANSWER_MAX) {
            return fail(ERR_LIMIT, "authd's answer does not end");
        }
    }
    return OK;
}

static enum err send_request(struct arena *a, const char *path, int fd, json_t *request)
{
    struct str key;
    TRY(key_read(a, path, &key));
    json_object_set_new(request, "key", json_str(key));
    struct buf line = buf_in(a);
    buf_add(&line, json_text(a, request));
    buf_byte(&line, '\n');
    return send_all(fd, buf_str(&line));
}

enum err socket_begin(struct arena *a, const char *path, json_t *request, int *out)
{
    int fd;
    TRY(socket_open(path, &fd));
    enum err e = send_request(a, path, fd, request);
    if (e != OK && e != ERR_UNAVAILABLE) {
        close(fd);
        return e;
    }
    *out = fd;
    return OK; /* a refusal may have come before all was sent */
}

enum err socket_finish(struct arena *a, int fd, json_t **result)
{
    enum err e = receive(a, fd, result);
    close(fd);
    return e;
}

enum err socket_ask(struct arena *a, const char *path, json_t *request, json_t **result,
                    bool *reached)
{
    int fd;
    enum err e = socket_begin(a, path, request, &fd);
    *reached = e != ERR_UNAVAILABLE;
    return e == OK ? socket_finish(a, fd, result) : e;
}
