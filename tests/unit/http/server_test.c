/* The server on real sockets: what reaches a handler, what is refused, and what happens to slow,
 * greedy and vanished clients.  The server runs in a process of its own; the tests are its clients.
 */
#include <arpa/inet.h>
#include <errno.h>
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
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include "base/buf.h"
#include "base/clock.h"
#include "http/server.h"
#include "log/log.h"

#define L "\r\n"
#define HOST "Host: id.test" L
#define GET(path) "GET " path " HTTP/1.1" L HOST L

/* The server's side. */

static enum err on_echo(struct req *r)
{
    struct buf b = buf_in(r->arena);
    buf_fmt(&b, "%.*s|%.*s|%.*s|%.*s|%.*s", STR_FMT(r->path), STR_FMT(r->query), STR_FMT(r->tail),
            STR_FMT(r->body), STR_FMT(r->address));
    reply_text(r, 200, "text/plain", buf_str(&b));
    return OK;
}

static enum err on_form(struct req *r)
{
    struct params ps;
    if (req_form(r, &ps) != OK) {
        reply_text(r, 400, "text/plain", STR("bad form"));
        return OK;
    }
    reply_text(r, 200, "text/plain", param_get(&ps, "a"));
    return OK;
}

static enum err on_slow(struct req *r)
{
    if (task_sleep(r->task, 200) != OK) {
        return ERR_TIMEOUT;
    }
    reply_text(r, 200, "text/plain", STR("slow"));
    return OK;
}

static enum err on_never(struct req *r)
{
    return task_sleep(r->task, 3600000);
}

static enum err on_broken(struct req *r)
{
    (void)r;
    return fail(ERR_INTERNAL, "broken on purpose");
}

static enum err on_silent(struct req *r)
{
    (void)r;
    return OK;
}

static enum err on_away(struct req *r)
{
    (void)r;
    return fail(ERR_UNAVAILABLE, "away on purpose");
}

static enum err on_greedy(struct req *r)
{
    for (size_t i = 0; i < 100000; i++) {
        (void)arena_alloc(r->arena, 65536);
    }
    return OK;
}

static enum err on_cookie(struct req *r)
{
    reply_text(r, 200, "text/plain", req_cookie(r, "a"));
    reply_cookie(r, "session", STR("x"), 0);
    reply_form_action(r, STR("https://portal.test"));
    reply_form_action(r, STR("https://evil.test; script-src *"));
    return OK;
}

static enum err on_split(struct req *r)
{
    reply_redirect(r, STR("https://a.test/\r\nSet-Cookie: evil=1"));
    return OK;
}

static enum err on_large(struct req *r)
{
    char *p = arena_alloc(r->arena, 300000);
    memset(p, 'x', 300000);
    reply_text(r, 200, "text/plain", str_of(p, 300000));
    return OK;
}

static enum err on_missing(struct req *r)
{
    reply_text(r, 404, "text/html", STR("no such page"));
    return OK;
}

static void on_page(struct req *r, int status)
{
    reply_html(r, status, str_fmt(r->arena, "<p>page %d", status));
}

static const struct route table[] = {
    {"/echo", HTTP_GET | HTTP_POST, on_echo, 1000, 1000, true, true},
    {"/files/", HTTP_GET, on_echo, 0, 1000, false, false},
    {"/form", HTTP_POST, on_form, 1000, 1000, false, true},
    {"/slow", HTTP_GET | HTTP_POST, on_slow, 100, 1000, false, true},
    {"/never", HTTP_GET, on_never, 0, 300, false, true},
    {"/broken", HTTP_GET, on_broken, 0, 1000, false, true},
    {"/broken-page", HTTP_GET, on_broken, 0, 1000, false, false},
    {"/silent", HTTP_GET, on_silent, 0, 1000, false, true},
    {"/away", HTTP_GET, on_away, 0, 1000, false, true},
    {"/greedy", HTTP_GET | HTTP_POST, on_greedy, 100, 1000, false, true},
    {"/cookie", HTTP_GET, on_cookie, 0, 1000, false, false},
    {"/split", HTTP_GET, on_split, 0, 1000, false, false},
    {"/large", HTTP_GET, on_large, 0, 1000, false, true},
    {NULL, 0, NULL, 0, 0, false, false},
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
} served;

struct serving {
    struct loop *loop;
    struct http_server *server;
};

static void stop(void *arg)
{
    struct serving *s = arg;
    loop_stop(s->loop);
}

static void on_told(evutil_socket_t fd, short what, void *arg)
{
    struct serving *s = arg;
    char c = 0;
    (void)what;
    if (read((int)fd, &c, 1) != 1) {
        loop_stop(s->loop);
    } else if (c == 'd') {
        http_server_drain(s->server, stop, s);
    } else if (http_server_tls(s->server, str_from(served.cert[1]), str_from(served.key[1])) !=
               OK) {
        _exit(3);
    }
}

static void serve(int fd, int told)
{
    struct serving s;
    log_configure(LOG_KEY_VALUE, LOG_ERROR, "test", -1);
    if (freopen("/dev/null", "w", stderr) == NULL || loop_new(served.stacks, &s.loop) != OK ||
        http_server_new(s.loop, table, NULL, on_missing, on_page, served.limits, hosts,
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

static void start(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    int pipes[2];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
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

static int set_up(void **state)
{
    (void)state;
    served.limits = (struct http_limits){.header_max = 4096,
                                         .head_ms = 300,
                                         .body_ms = 300,
                                         .idle_ms = 600,
                                         .connections_max = 20,
                                         .per_address_max = 0};
    served.stacks = 4;
    served.tls = false;
    start();
    return 0;
}

/* Ends it; a server that crashed, or that a sanitizer stopped, fails the test. */
static int tear_down(void **state)
{
    (void)state;
    int status = 0;
    close(served.tell);
    waitpid(served.pid, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    return 0;
}

static void restart(void **state)
{
    tear_down(state);
    start();
}

/* The client's side. */

static int dial(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons((uint16_t)served.port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

static void put(int fd, struct str s)
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
static const char *hear(int fd, const char *enough)
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

static bool is_closed(int fd, int within_ms)
{
    char c;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, within_ms) > 0 && recv(fd, &c, 1, 0) <= 0;
}

/* Sends everything at once and reads until the server closes or is silent. */
static const char *say(struct str request)
{
    int fd = dial();
    put(fd, request);
    shutdown(fd, SHUT_WR);
    hear(fd, NULL);
    close(fd);
    return got;
}
#define SAY(text) say(STR(text))

static int status(void)
{
    int s = 0;
    return sscanf(got, "HTTP/1.1 %d ", &s) == 1 ? s : 0;
}

static bool has(const char *text)
{
    return strstr(got, text) != NULL;
}

static unsigned count(const char *text)
{
    unsigned n = 0;
    for (const char *at = got; (at = strstr(at, text)) != NULL; at++) {
        n++;
    }
    return n;
}

/* One request on a connection that stays. */
static int ask(int fd, const char *request, const char *enough)
{
    put(fd, str_from(request));
    hear(fd, enough);
    return status();
}

/* Refusals first. */

static void a_refused_request_gets_an_answer_and_the_connection_ends(void **state)
{
    (void)state;
    static const struct {
        struct str bytes;
        int status;
    } bad[] = {
        {STR("GET /echo HTTP/1.1\n" HOST L), 400},
        {STR("GET /echo HTTP/1.1" L L), 400},
        {STR("GET /echo HTTP/1.1" L HOST HOST L), 400},
        {STR("GET /echo HTTP/1.1" L HOST "X-A : b" L L), 400},
        {STR("GET /echo HTTP/1.1" L HOST "X-A: a\0b" L L), 400},
        {STR("GET http://evil/echo HTTP/1.1" L HOST L), 400},
        {STR("GET //evil/echo HTTP/1.1" L HOST L), 400},
        {STR("POST /echo HTTP/1.1" L HOST "Content-Length: +3" L L "abc"), 400},
        {STR("POST /echo HTTP/1.1" L HOST "Transfer-Encoding: chunked" L L "0" L L), 411},
        {STR("POST /echo HTTP/1.1" L HOST "Content-Length: 1001" L L), 413},
        {STR("POST /unknown HTTP/1.1" L HOST "Content-Length: 1" L L "a"), 413},
        {STR("TRACE /echo HTTP/1.1" L HOST L), 501},
        {STR("GET /echo HTTP/2.0" L HOST L), 505},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int fd = dial();
        put(fd, bad[i].bytes);
        put(fd, STR(GET("/echo"))); /* nothing more of it is served */
        hear(fd, NULL);
        close(fd);
        assert_int_equal(status(), bad[i].status);
        assert_int_equal(count("HTTP/1.1 "), 1);
        assert_true(has("Connection: close" L));
        assert_true(has("X-Content-Type-Options: nosniff" L));
        assert_true(has("default-src 'none'"));
        assert_true(has("Cache-Control: no-store" L));
    }
    SAY(GET("/echo"));
    assert_int_equal(status(), 200);
}

static void garbage_behind_a_request_ends_the_connection(void **state)
{
    (void)state;
    SAY(GET("/echo") "GET / HTTP/1.1\nX" L L);
    assert_int_equal(count("HTTP/1.1 "), 1);
    assert_int_equal(status(), 400);
    /* behind one that is being worked on: that one is answered */
    int fd = dial();
    put(fd, STR(GET("/slow")));
    usleep(50000);
    put(fd, STR("\1\2\3\n"));
    hear(fd, NULL);
    close(fd);
    assert_int_equal(status(), 200);
    assert_true(has("slow"));
    assert_true(count("HTTP/1.1 ") <= 2);
}

static void a_megabyte_of_header_is_refused(void **state)
{
    (void)state;
    char *large = malloc(1 << 20);
    assert_non_null(large);
    memset(large, 'a', 1 << 20);
    memcpy(large, "GET /echo?", 10);
    say(str_of(large, 1 << 20));
    assert_int_equal(status(), 414);
    int n = sprintf(large, "GET /echo HTTP/1.1\r\nHost: id.test\r\nX-A: ");
    large[n] = 'a';
    say(str_of(large, 1 << 20));
    assert_int_equal(status(), 431);
    free(large);
}

static void refuses_other_hosts_methods_and_paths(void **state)
{
    (void)state;
    SAY("GET /echo HTTP/1.1" L "Host: evil.test" L L);
    assert_int_equal(status(), 421);
    SAY("DELETE /echo HTTP/1.1" L HOST L);
    assert_int_equal(status(), 405);
    assert_true(has("Allow: GET, POST, HEAD, OPTIONS" L));
    SAY("POST /cookie HTTP/1.1" L HOST L);
    assert_int_equal(status(), 405);
    assert_true(has("Allow: GET, HEAD" L));
    assert_true(has("<p>page 405"));
    SAY("OPTIONS /form HTTP/1.1" L HOST L);
    assert_int_equal(status(), 405);
    SAY(GET("/nothing"));
    assert_int_equal(status(), 404);
    SAY(GET("/files"));
    assert_int_equal(status(), 404);
    SAY(GET("/"));
    assert_int_equal(status(), 404);
}

static void a_dripping_head_is_cut_at_its_deadline(void **state)
{
    (void)state;
    int fd = dial();
    struct str text = STR("GET /echo HTTP/1.1" L HOST "X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    int64_t before = clock_mono_ms();
    for (size_t i = 0; i < text.n && clock_mono_ms() - before < 2000; i++) {
        put(fd, str_of(text.p + i, 1));
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (poll(&wait, 1, 50) > 0) {
            break;
        }
    }
    hear(fd, NULL);
    close(fd);
    assert_int_equal(status(), 408);
    assert_in_range(clock_mono_ms() - before, 250, 1500);
}

static void a_dripping_body_is_cut_at_its_deadline(void **state)
{
    (void)state;
    int fd = dial();
    put(fd, STR("POST /echo HTTP/1.1" L HOST "Content-Length: 100" L L));
    int64_t before = clock_mono_ms();
    while (clock_mono_ms() - before < 2000) {
        put(fd, STR("a"));
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (poll(&wait, 1, 50) > 0) {
            break;
        }
    }
    hear(fd, NULL);
    close(fd);
    assert_int_equal(status(), 408);
    assert_in_range(clock_mono_ms() - before, 250, 1500);
}

static void silent_connections_are_closed(void **state)
{
    (void)state;
    int fresh = dial();
    int used = dial();
    assert_int_equal(ask(used, GET("/echo"), "127.0.0.1"), 200);
    assert_true(is_closed(fresh, 1500));
    assert_true(is_closed(used, 2000));
    close(fresh);
    close(used);
}

static void too_many_connections_are_refused(void **state)
{
    (void)state;
    int fd[20];
    for (size_t i = 0; i < 20; i++) {
        fd[i] = dial();
    }
    assert_int_equal(ask(fd[19], GET("/echo"), "127.0.0.1"), 200);
    SAY(GET("/echo"));
    assert_int_equal(status(), 503);
    for (size_t i = 0; i < 20; i++) {
        close(fd[i]);
    }
    usleep(50000);
    SAY(GET("/echo"));
    assert_int_equal(status(), 200);
}

static void too_many_connections_of_one_address_are_refused(void **state)
{
    served.limits.per_address_max = 3;
    restart(state);
    int fd[3];
    for (size_t i = 0; i < 3; i++) {
        fd[i] = dial();
    }
    assert_int_equal(ask(fd[2], GET("/echo"), "127.0.0.1"), 200);
    SAY(GET("/echo"));
    assert_int_equal(status(), 503);
    for (size_t i = 0; i < 3; i++) {
        close(fd[i]);
    }
    usleep(50000);
    SAY(GET("/echo"));
    assert_int_equal(status(), 200);
}

static void without_a_stack_the_answer_is_503(void **state)
{
    (void)state;
    int fd[4];
    for (size_t i = 0; i < 4; i++) {
        fd[i] = dial();
        put(fd[i], STR(GET("/slow")));
    }
    usleep(50000);
    SAY(GET("/echo"));
    assert_int_equal(status(), 503);
    assert_true(has("Retry-After: "));
    assert_true(has("temporarily_unavailable"));
    for (size_t i = 0; i < 4; i++) {
        hear(fd[i], "slow");
        assert_int_equal(status(), 200);
        close(fd[i]);
    }
    SAY(GET("/echo"));
    assert_int_equal(status(), 200);
}

static void failures_of_handlers_become_answers(void **state)
{
    (void)state;
    SAY(GET("/broken"));
    assert_int_equal(status(), 500);
    assert_true(has("server_error"));
    assert_false(has("on purpose"));
    SAY(GET("/broken-page"));
    assert_int_equal(status(), 500);
    assert_true(has("<p>page 500"));
    SAY(GET("/silent"));
    assert_int_equal(status(), 500);
    SAY(GET("/away"));
    assert_int_equal(status(), 503);
    assert_true(has("Retry-After: "));
    SAY(GET("/never"));
    assert_int_equal(status(), 503);
    SAY(GET("/greedy"));
    assert_int_equal(status(), 503);
    SAY("POST /greedy HTTP/1.1" L HOST "Content-Length: 1" L L "a");
    assert_int_equal(status(), 413);
    SAY(GET("/split"));
    assert_int_equal(status(), 500);
    assert_false(has("evil=1"));
    SAY(GET("/echo"));
    assert_int_equal(status(), 200);
}

static void clients_that_go_away_harm_nothing(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 4; i++) {
            int fd = dial();
            put(fd, STR(GET("/slow") GET("/echo")));
            if (i % 2 == 0) {
                struct linger now = {1, 0};
                setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)); /* reset */
            }
            usleep(20000);
            close(fd);
        }
        int fd = dial();
        put(fd, STR(GET("/large")));
        close(fd);
        fd = dial();
        put(fd, STR("POST /echo HTTP/1.1" L HOST "Content-Length: 50" L L "aaa"));
        close(fd);
        usleep(300000);
    }
    SAY(GET("/echo"));
    assert_int_equal(status(), 200);
}

static void a_form_of_another_type_is_refused(void **state)
{
    (void)state;
    SAY("POST /form HTTP/1.1" L HOST "Content-Type: text/plain" L "Content-Length: 3" L L "a=b");
    assert_int_equal(status(), 400);
    SAY("POST /form HTTP/1.1" L HOST "Content-Type: application/x-www-form-urlencoded" L
        "Content-Length: 6" L L "a=%00b");
    assert_int_equal(status(), 400);
    SAY("POST /form HTTP/1.1" L HOST "Content-Type: Application/X-WWW-form-urlencoded;charset=x" L
        "Content-Length: 3" L L "a=b");
    assert_int_equal(status(), 200);
    assert_true(has(L L "b"));
}

/* Successes. */

static void requests_of_one_connection_are_answered_in_order(void **state)
{
    (void)state;
    int fd = dial();
    put(fd, STR(GET("/echo?n=1") GET("/slow") "POST /echo?n=3 HTTP/1.1" L HOST
                                              "Content-Length: 4" L L "body" GET("/files/x?n=4")));
    hear(fd, "/files/x|n=4|x||127.0.0.1");
    close(fd);
    assert_int_equal(count("HTTP/1.1 200 OK"), 4);
    const char *one = strstr(got, "/echo|n=1|||127.0.0.1");
    const char *two = strstr(got, "slow");
    const char *three = strstr(got, "/echo|n=3||body|127.0.0.1");
    const char *four = strstr(got, "/files/x|n=4|x||127.0.0.1");
    assert_true(one != NULL && two != NULL && three != NULL && four != NULL);
    assert_true(one < two && two < three && three < four);
}

static void head_has_the_headers_of_get_and_no_body(void **state)
{
    (void)state;
    SAY("HEAD /echo HTTP/1.1" L HOST L);
    assert_int_equal(status(), 200);
    assert_true(has("Content-Length: 18" L));
    assert_true(strcmp(strstr(got, L L), L L) == 0);
}

static void preflights_are_answered_where_any_origin_may_ask(void **state)
{
    (void)state;
    SAY("OPTIONS /echo HTTP/1.1" L HOST "Origin: https://a.test" L L);
    assert_int_equal(status(), 204);
    assert_true(has("Access-Control-Allow-Origin: *" L));
    assert_true(has("Access-Control-Allow-Methods: "));
    assert_false(has("Access-Control-Allow-Credentials"));
    SAY(GET("/echo"));
    assert_true(has("Access-Control-Allow-Origin: *" L));
    SAY(GET("/cookie"));
    assert_false(has("Access-Control"));
}

static void cookies_and_policy_of_a_plain_connection(void **state)
{
    (void)state;
    SAY("GET /cookie HTTP/1.1" L HOST "Cookie: b=1; a=2; a=3" L L);
    assert_true(has(L L "2"));
    assert_true(has("Set-Cookie: session=x; Path=/; HttpOnly; SameSite=Lax" L));
    assert_true(has("form-action 'self' https://portal.test; base-uri 'none'"));
    assert_false(has("script-src"));
    assert_false(has("Strict-Transport-Security"));
}

static void a_body_is_invited_by_100_continue(void **state)
{
    (void)state;
    int fd = dial();
    put(fd, STR("POST /echo HTTP/1.1" L HOST "Content-Length: 4" L "Expect: 100-continue" L L));
    hear(fd, L L);
    assert_true(strncmp(got, "HTTP/1.1 100", 12) == 0);
    put(fd, STR("body"));
    hear(fd, "|body|");
    assert_int_equal(status(), 200);
    close(fd);
}

static void http_1_0_is_served_when_it_names_its_host(void **state)
{
    (void)state;
    SAY("GET /echo HTTP/1.0" L HOST L);
    assert_true(has(" 200 OK"));
    assert_true(has("/echo||||127.0.0.1"));
}

/* spec: RFC 9700 §4.13 */
static void the_trusted_proxy_tells_address_and_scheme(void **state)
{
    SAY("GET /echo HTTP/1.1" L HOST "X-Forwarded-For: 9.9.9.9" L L);
    assert_true(has("|127.0.0.1"));
    served.limits.trusted_proxy = "127.0.0.1";
    restart(state);
    SAY("GET /echo HTTP/1.1" L HOST "X-Forwarded-For: 6.6.6.6, 9.9.9.9" L
        "X-Forwarded-Proto: https" L L);
    assert_true(has("|9.9.9.9"));
    assert_true(has("Strict-Transport-Security: "));
    /* a header of the client's own, in front of the one the proxy adds */
    SAY("GET /echo HTTP/1.1" L HOST "X-Forwarded-For: 6.6.6.6" L "X-Forwarded-For: 9.9.9.9" L
        "X-Forwarded-Proto: https" L "X-Forwarded-Proto: http" L L);
    assert_true(has("|9.9.9.9"));
    assert_false(has("Strict-Transport-Security: "));
    /* one client is one address, however it is written */
    SAY("GET /echo HTTP/1.1" L HOST "X-Forwarded-For: ::ffff:9.9.9.9" L L);
    assert_true(has("|9.9.9.9"));
    SAY("GET /echo HTTP/1.1" L HOST "X-Forwarded-For: 2001:DB8:0::1" L L);
    assert_true(has("|2001:db8::1"));
    /* what is no address is nobody's */
    SAY("GET /echo HTTP/1.1" L HOST "X-Forwarded-For: 6.6.6.6, unknown" L L);
    assert_true(has("|127.0.0.1"));
    SAY("GET /echo HTTP/1.1" L HOST "X-Forwarded-For: 6.6.6.6," L L);
    assert_true(has("|127.0.0.1"));
}

static void draining_finishes_what_is_in_progress(void **state)
{
    (void)state;
    int busy = dial();
    int idle = dial();
    int late = dial();
    assert_int_equal(ask(idle, GET("/echo"), "127.0.0.1"), 200);
    put(busy, STR(GET("/slow")));
    put(late, STR("GET /ec"));
    usleep(50000);
    assert_int_equal(write(served.tell, "d", 1), 1);
    assert_true(is_closed(idle, 1000));
    put(late, STR("ho HTTP/1.1" L HOST L));
    hear(late, NULL);
    assert_int_equal(status(), 200);
    assert_true(has("Connection: close" L));
    hear(busy, NULL);
    assert_int_equal(status(), 200);
    assert_true(has("slow"));
    assert_true(has("Connection: close" L));
    close(busy);
    close(idle);
    close(late);
    int ended = 0;
    assert_int_equal(waitpid(served.pid, &ended, 0), served.pid);
    assert_true(WIFEXITED(ended));
    start(); /* for tear_down */
}

/* TLS. */

static void certificate_make(const char *name, char *cert, char *key, size_t size)
{
    EVP_PKEY *k = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -60);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, k);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    assert_true(X509_sign(x, k, EVP_sha256()) > 0);
    BIO *b = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(b, x);
    int n = BIO_read(b, cert, (int)size - 1);
    cert[n] = '\0';
    PEM_write_bio_PrivateKey(b, k, NULL, NULL, 0, NULL, NULL);
    n = BIO_read(b, key, (int)size - 1);
    key[n] = '\0';
    BIO_free(b);
    X509_free(x);
    EVP_PKEY_free(k);
}

static int set_up_tls(void **state)
{
    certificate_make("first", served.cert[0], served.key[0], sizeof(served.cert[0]));
    certificate_make("second", served.cert[1], served.key[1], sizeof(served.cert[1]));
    set_up(state);
    served.tls = true;
    restart(state);
    return 0;
}

struct secure {
    int fd;
    SSL_CTX *ctx;
    SSL *ssl;
    char name[32];
};

static bool dial_tls(struct secure *s, int version)
{
    s->fd = dial();
    s->ctx = SSL_CTX_new(TLS_client_method());
    if (version != 0) {
        SSL_CTX_set_min_proto_version(s->ctx, version);
        SSL_CTX_set_max_proto_version(s->ctx, version);
    }
    s->ssl = SSL_new(s->ctx);
    SSL_set_security_level(s->ssl, 0);
    SSL_set_fd(s->ssl, s->fd);
    if (SSL_connect(s->ssl) != 1) {
        return false;
    }
    X509 *x = SSL_get1_peer_certificate(s->ssl);
    X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, s->name, sizeof(s->name));
    X509_free(x);
    return true;
}

static int ask_tls(struct secure *s, const char *request)
{
    size_t n = 0;
    SSL_write(s->ssl, request, (int)strlen(request));
    got[0] = '\0';
    while (strstr(got, "127.0.0.1") == NULL) {
        int more = SSL_read(s->ssl, got + n, (int)(sizeof(got) - 1 - n));
        if (more <= 0) {
            break;
        }
        n += (size_t)more;
        got[n] = '\0';
    }
    return status();
}

static void hang_up(struct secure *s)
{
    SSL_free(s->ssl);
    SSL_CTX_free(s->ctx);
    close(s->fd);
}

static void old_tls_is_refused(void **state)
{
    (void)state;
    struct secure s;
    assert_false(dial_tls(&s, TLS1_1_VERSION));
    hang_up(&s);
    assert_true(dial_tls(&s, TLS1_2_VERSION));
    assert_int_equal(ask_tls(&s, GET("/echo")), 200);
    hang_up(&s);
}

static void a_handshake_that_stops_is_closed(void **state)
{
    (void)state;
    int fd = dial();
    put(fd, STR("\x16\x03\x01\x02\x00\x01\x00"));
    assert_true(is_closed(fd, 2000));
    close(fd);
}

static void the_gate_stands_before_tls_connections_too(void **state)
{
    (void)state;
    struct secure s;
    assert_true(dial_tls(&s, 0));
    assert_int_equal(ask_tls(&s, "GET /echo HTTP/1.1\n" HOST L), 400);
    hang_up(&s);
}

static void the_certificate_is_exchanged_without_dropping_a_connection(void **state)
{
    (void)state;
    struct secure old;
    struct secure fresh;
    assert_true(dial_tls(&old, 0));
    assert_string_equal(old.name, "first");
    assert_int_equal(ask_tls(&old, GET("/echo")), 200);
    assert_true(has("Strict-Transport-Security: max-age="));
    assert_int_equal(write(served.tell, "t", 1), 1);
    usleep(50000);
    assert_true(dial_tls(&fresh, 0));
    assert_string_equal(fresh.name, "second");
    assert_int_equal(ask_tls(&old, GET("/echo")), 200);
    assert_int_equal(ask_tls(&fresh, GET("/echo")), 200);
    hang_up(&old);
    hang_up(&fresh);
}

#define PLAIN(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define SECURE(name) cmocka_unit_test_setup_teardown(name, set_up_tls, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAIN(a_refused_request_gets_an_answer_and_the_connection_ends),
        PLAIN(garbage_behind_a_request_ends_the_connection),
        PLAIN(a_megabyte_of_header_is_refused),
        PLAIN(refuses_other_hosts_methods_and_paths),
        PLAIN(a_dripping_head_is_cut_at_its_deadline),
        PLAIN(a_dripping_body_is_cut_at_its_deadline),
        PLAIN(silent_connections_are_closed),
        PLAIN(too_many_connections_are_refused),
        PLAIN(too_many_connections_of_one_address_are_refused),
        PLAIN(without_a_stack_the_answer_is_503),
        PLAIN(failures_of_handlers_become_answers),
        PLAIN(clients_that_go_away_harm_nothing),
        PLAIN(a_form_of_another_type_is_refused),
        PLAIN(requests_of_one_connection_are_answered_in_order),
        PLAIN(head_has_the_headers_of_get_and_no_body),
        PLAIN(preflights_are_answered_where_any_origin_may_ask),
        PLAIN(cookies_and_policy_of_a_plain_connection),
        PLAIN(a_body_is_invited_by_100_continue),
        PLAIN(http_1_0_is_served_when_it_names_its_host),
        PLAIN(the_trusted_proxy_tells_address_and_scheme),
        PLAIN(draining_finishes_what_is_in_progress),
        SECURE(old_tls_is_refused),
        SECURE(a_handshake_that_stops_is_closed),
        SECURE(the_gate_stands_before_tls_connections_too),
        SECURE(the_certificate_is_exchanged_without_dropping_a_connection),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
