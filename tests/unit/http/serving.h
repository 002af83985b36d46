/* A server on a real socket, in a process of its own, with a route for everything a handler may do
 * well or badly; and its client, which sends bytes as they come and reads what is answered. */
#ifndef TEST_HTTP_SERVING_H
#define TEST_HTTP_SERVING_H
#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/buf.h"
#include "http/server.h"
#include "log/log.h"

#define L "\r\n"
#define HOST "Host: id.test" L
#define GET(path) "GET " path " HTTP/1.1" L HOST L

/* The server's side. */

static inline enum err on_echo(struct req *r)
{
    struct buf b = buf_in(r->arena);
    buf_fmt(&b, "%.*s|%.*s|%.*s|%.*s|%.*s", STR_FMT(r->path), STR_FMT(r->query), STR_FMT(r->tail),
            STR_FMT(r->body), STR_FMT(r->address));
    reply_text(r, 200, "text/plain", buf_str(&b));
    return OK;
}

static inline enum err on_form(struct req *r)
{
    struct params ps;
    if (req_form(r, &ps) != OK) {
        reply_text(r, 400, "text/plain", STR("bad form"));
        return OK;
    }
    reply_text(r, 200, "text/plain", param_get(&ps, "a"));
    return OK;
}

static inline enum err on_slow(struct req *r)
{
    if (task_sleep(r->task, 200) != OK) {
        return ERR_TIMEOUT;
    }
    reply_text(r, 200, "text/plain", STR("slow"));
    return OK;
}

/* How often the loop turned while it waited. */
static inline enum err on_turns(struct req *r)
{
    uint64_t before = loop_turn(r->app);
    if (task_sleep(r->task, 200) != OK) {
        return ERR_TIMEOUT;
    }
    reply_text(r, 200, "text/plain",
               str_fmt(r->arena, "%d turns", (int)(loop_turn(r->app) - before)));
    return OK;
}

static inline enum err on_never(struct req *r)
{
    return task_sleep(r->task, 3600000);
}

static inline enum err on_broken(struct req *r)
{
    (void)r;
    return fail(ERR_INTERNAL, "broken on purpose");
}

static inline enum err on_silent(struct req *r)
{
    (void)r;
    return OK;
}

static inline enum err on_away(struct req *r)
{
    (void)r;
    return fail(ERR_UNAVAILABLE, "away on purpose");
}

static inline enum err on_greedy(struct req *r)
{
    for (size_t i = 0; i < 100000; i++) {
        (void)arena_alloc(r->arena, 65536);
    }
    return OK;
}

static inline enum err on_cookie(struct req *r)
{
    reply_text(r, 200, "text/plain", req_cookie(r, "a"));
    reply_cookie(r, "session", STR("x"), 0);
    reply_form_action(r, STR("https://portal.test"));
    reply_form_action(r, STR("https://evil.test; script-src *"));
    return OK;
}

static inline enum err on_split(struct req *r)
{
    reply_redirect(r, STR("https://a.test/\r\nSet-Cookie: evil=1"));
    return OK;
}

static inline enum err on_large(struct req *r)
{
    char *p = arena_alloc(r->arena, 300000);
    memset(p, 'x', 300000);
    reply_text(r, 200, "text/plain", str_of(p, 300000));
    return OK;
}

static inline enum err on_missing(struct req *r)
{
    reply_text(r, 404, "text/html", STR("no such page"));
    return OK;
}

static inline void on_page(struct req *r, int status)
{
    reply_html(r, status, str_fmt(r->arena, "<p>page %d", status));
}

static const struct route table[] = {
    {"/echo", HTTP_GET | HTTP_POST, on_echo, 1000, 1000, true, true, WORK_OTHER},
    {"/files/", HTTP_GET, on_echo, 0, 1000, false, false, WORK_OTHER},
    {"/form", HTTP_POST, on_form, 1000, 1000, false, true, WORK_OTHER},
    {"/slow", HTTP_GET | HTTP_POST, on_slow, 100, 1000, false, true, WORK_OTHER},
    {"/turns", HTTP_GET, on_turns, 0, 1000, false, true, WORK_OTHER},
    {"/never", HTTP_GET, on_never, 0, 300, false, true, WORK_OTHER},
    {"/broken", HTTP_GET, on_broken, 0, 1000, false, true, WORK_OTHER},
    {"/broken-page", HTTP_GET, on_broken, 0, 1000, false, false, WORK_OTHER},
    {"/silent", HTTP_GET, on_silent, 0, 1000, false, true, WORK_OTHER},
    {"/away", HTTP_GET, on_away, 0, 1000, false, true, WORK_OTHER},
    {"/greedy", HTTP_GET | HTTP_POST, on_greedy, 100, 1000, false, true, WORK_OTHER},
    {"/cookie", HTTP_GET, on_cookie, 0, 1000, false, false, WORK_OTHER},
    {"/split", HTTP_GET, on_split, 0, 1000, false, false, WORK_OTHER},
    {"/large", HTTP_GET, on_large, 0, 1000, false, true, WORK_OTHER},
    {NULL, 0, NULL, 0, 0, false, false, WORK_OTHER},
};
static const char *const hosts[] = {"id.test", NULL};

static struct {
    pid_t pid;
    int port;
    int tell; /* writing 'd' drains, 't' exchanges the certificate */
    char cert[2][4096], key[2][4096];
    struct http_limits limits;
    size_t stacks;
    bool tls;
    int send_buffer; /* bytes; 0: as many as usual */
} served;

struct serving {
    struct loop *loop;
    struct http_server *server;
};

static inline void stop(void *arg)
{
    struct serving *s = arg;
    loop_stop(s->loop);
}

static inline void on_told(evutil_socket_t fd, short what, void *arg)
{
    struct serving *s = arg;
    char c = 0;
    (void)what;
    if (read((int)fd, &c, 1) != 1) {
        loop_stop(s->loop);
    } else if (c == 'd') {
        http_server_drain(s->server, HTTP_DRAIN_STOP, stop, s);
    } else if (http_server_tls(s->server, str_from(served.cert[1]), str_from(served.key[1])) !=
               OK) {
        _exit(3);
    }
}

static inline void serve(int fd, int told)
{
    struct serving s;
    log_configure(LOG_KEY_VALUE, LOG_ERROR, "test", -1);
    if (freopen("/dev/null", "w", stderr) == NULL || loop_new(served.stacks, &s.loop) != OK ||
        http_server_new(s.loop, table, s.loop, on_missing, on_page, served.limits, hosts,
                        &s.server) != OK) {
        _exit(2);
    }
    if (served.tls &&
        http_server_tls(s.server, str_from(served.cert[0]), str_from(served.key[0])) != OK) {
        _exit(2);
    }
    if (http_server_listen(s.server, fd, served.tls) != OK) {
        _exit(2);
    }
    struct event *e = event_new(loop_base(s.loop), told, EV_READ | EV_PERSIST, on_told, &s);
    event_add(e, NULL);
    loop_run(s.loop);
    event_free(e);
    http_server_free(s.server);
    loop_free(s.loop);
    exit(0);
}

static inline void start(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    int pipes[2];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    if (served.send_buffer > 0) { /* a connection has its listener's */
        assert_int_equal(
            setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &served.send_buffer, sizeof(served.send_buffer)),
            0);
    }
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    assert_int_equal(pipe(pipes), 0);
    served.port = ntohs(at.sin_port);
    served.pid = fork();
    if (served.pid == 0) {
        close(pipes[1]);
        serve(fd, pipes[0]);
    }
    close(pipes[0]);
    close(fd);
    served.tell = pipes[1];
}

static inline int set_up(void **state)
{
    (void)state;
    served.limits = (struct http_limits){.header_max = 4096,
                                         .head_ms = 300,
                                         .body_ms = 300,
                                         .idle_ms = 600,
                                         .connections_max = 20,
                                         .per_address_max = 0};
    served.stacks = 4;
    served.send_buffer = 0;
    served.tls = false;
    start();
    return 0;
}

/* Ends it; a server that crashed, or that a sanitizer stopped, fails the test. */
static inline int tear_down(void **state)
{
    (void)state;
    int status = 0;
    close(served.tell);
    waitpid(served.pid, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    return 0;
}

static inline void restart(void **state)
{
    tear_down(state);
    start();
}

/* The client's side. */

static inline int dial(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons((uint16_t)served.port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

static inline void put(int fd, struct str s)
{
    while (s.n > 0) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
        if (n <= 0) {
            return;
        }
        s.p += n;
        s.n -= (size_t)n;
    }
}

static char got[400000];

/* Reads until the other side closes, `enough` stands in the text, or 3 s pass. */
static inline const char *hear(int fd, const char *enough)
{
    size_t n = 0;
    got[0] = '\0';
    while (n < sizeof(got) - 1 && (enough == NULL || strstr(got, enough) == NULL)) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (poll(&wait, 1, 3000) <= 0) {
            break;
        }
        ssize_t more = recv(fd, got + n, sizeof(got) - 1 - n, 0);
        if (more <= 0) {
            break;
        }
        n += (size_t)more;
        got[n] = '\0';
    }
    return got;
}

static inline bool is_closed(int fd, int within_ms)
{
    char c;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, within_ms) > 0 && recv(fd, &c, 1, 0) <= 0;
}

/* Sends everything at once and reads until the server closes or is silent. */
static inline const char *say(struct str request)
{
    int fd = dial();
    put(fd, request);
    shutdown(fd, SHUT_WR);
    hear(fd, NULL);
    close(fd);
    return got;
}
#define SAY(text) say(STR(text))

static inline int status(void)
{
    int s = 0;
    return sscanf(got, "HTTP/1.1 %d ", &s) == 1 ? s : 0;
}

static inline bool has(const char *text)
{
    return strstr(got, text) != NULL;
}

static inline unsigned count(const char *text)
{
    unsigned n = 0;
    for (const char *at = got; (at = strstr(at, text)) != NULL; at++) {
        n++;
    }
    return n;
}

/* One request on a connection that stays. */
static inline int ask(int fd, const char *request, const char *enough)
{
    put(fd, str_from(request));
    hear(fd, enough);
    return status();
}

#define SERVED(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
