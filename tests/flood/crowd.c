/* A crowd: thousands of connections to loopback, plain or TLS, each from an address of its own if
 * wanted, that behave as told.  It exists so that the attacker is not what is measured; it parses
 * status, Content-Length and Retry-After and nothing else.
 *
 *   crowd PORT HOW CONNECTIONS SECONDS [FILE] [--tls] [--many] [--once] [--pause MS] [--open N]
 *
 * HOW: ask         sends the requests of FILE (each ended by a NUL byte) in turn, reads answers
 *      silent      connects and says nothing          hello   half a TLS ClientHello, then nothing
 *      drip        the request, a byte a second       hoard   all but its last byte, then drips
 *      deaf        asks again and again and reads nothing
 *      garbage     random bytes, anew whenever it is cut off
 * --many: connection i comes from 127.1.x.y.  --once: connection i sends request i until it is not
 * refused with 503.  --pause: milliseconds before the next request of a connection.  --open: new
 * connections a turn.  Whoever is cut off comes back.  Prints one line of JSON. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX 65536
#define SAMPLES_MAX ((size_t)1 << 20)
#define RETRY_MAX 200
#define AGAIN_MS 200 /* after being cut off */
#define DRIP_MS 1000
#define EVENTS 512

enum how { ASK, SILENT, HELLO, DRIP, HOARD, DEAF, GARBAGE };

struct text {
    char *p;
    size_t n;
};

struct samples {
    uint32_t *ms;
    size_t n;
};

struct one { /* of the crowd */
    int fd;
    SSL *ssl;
    size_t number;
    const struct text *request;
    size_t sent, got, need; /* need: whole answer, 0 while its head is not complete */
    int64_t began_ms, next_ms;
    char head[2048]; /* of the answer */
    int status, retry;
    bool connected, over;
};

static enum how how;
static bool tls, many, once;
static uint16_t port;
static int64_t pause_ms;
static struct text *requests;
static size_t n_requests, next_request;
static int epoll;
static SSL_CTX *ctx;
static struct samples fine, busy;
static uint64_t opened, cut, other, no_retry, finished, failed_connects;
static uint32_t retries[RETRY_MAX];
static int other_status;

static void die(const char *what)
{
    fprintf(stderr, "crowd: %s: %s\n", what, strerror(errno));
    exit(2);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void requests_read(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    if (f == NULL) {
        die(path);
    }
    while ((n = getdelim(&line, &room, '\0', f)) > 1) {
        requests = realloc(requests, (n_requests + 1) * sizeof *requests);
        if (requests == NULL) {
            die("memory");
        }
        requests[n_requests++] = (struct text){line, strlen(line)};
        line = NULL;
        room = 0;
    }
    fclose(f);
}

static void sample(struct samples *to, int64_t ms)
{
    if (to->ms == NULL) {
        to->ms = malloc(SAMPLES_MAX * sizeof *to->ms);
    }
    if (to->ms != NULL && to->n < SAMPLES_MAX) {
        to->ms[to->n++] = (uint32_t)ms;
    }
}

static void watch(const struct one *c, uint32_t events, int op)
{
    struct epoll_event e = {.events = events, .data.ptr = (void *)(uintptr_t)c};
    if (epoll_ctl(epoll, op, c->fd, &e) != 0) {
        die("epoll");
    }
}

static void close_down(struct one *c)
{
    SSL_free(c->ssl);
    c->ssl = NULL;
    if (c->fd >= 0) {
        close(c->fd);
    }
    c->fd = -1;
    c->connected = false;
}

static void connect_one(struct one *c)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in from = {.sin_family = AF_INET};
    int on = 1, small = 4096;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    from.sin_addr.s_addr = htonl(0x7f010001u + (uint32_t)c->number);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) {
        die("socket");
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (how == DEAF) {
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    }
    if (many) {
        setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        if (bind(c->fd, (struct sockaddr *)&from, sizeof from) != 0) {
            die("bind");
        }
    }
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) {
        failed_connects++;
        close_down(c);
        c->next_ms = now_ms() + AGAIN_MS;
        return;
    }
    opened++;
    if (tls && how != HELLO && how != SILENT && how != GARBAGE) {
        c->ssl = SSL_new(ctx);
        SSL_set_fd(c->ssl, c->fd);
        SSL_set_connect_state(c->ssl);
    }
    c->sent = c->got = c->need = 0;
    c->next_ms = 0;
    watch(c, EPOLLIN | EPOLLOUT, EPOLL_CTL_ADD);
}

/* Bytes, 0 for "not now", -1 for the end. */
static ssize_t put(struct one *c, const char *p, size_t n)
{
    ssize_t done;
    if (c->ssl != NULL) {
        done = SSL_write(c->ssl, p, (int)n);
        int why = done > 0 ? 0 : SSL_get_error(c->ssl, (int)done);
        return done > 0 ? done : why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
    done = send(c->fd, p, n, MSG_NOSIGNAL);
    return done >= 0 ? done : errno == EAGAIN ? 0 : -1;
}

static ssize_t take(struct one *c, char *p, size_t n)
{
    ssize_t done;
    if (c->ssl != NULL) {
        done = SSL_read(c->ssl, p, (int)n);
        int why = done > 0 ? 0 : SSL_get_error(c->ssl, (int)done);
        return done > 0 ? done : why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
    done = recv(c->fd, p, n, 0);
    return done > 0 ? done : done < 0 && errno == EAGAIN ? 0 : -1;
}

static void request_choose(struct one *c)
{
    if (n_requests > 0) {
        c->request = &requests[once ? c->number % n_requests : next_request++ % n_requests];
    }
    c->sent = c->got = c->need = 0;
    c->began_ms = now_ms();
}

static void cut_off(struct one *c)
{
    cut++;
    close_down(c);
    c->next_ms = now_ms() + AGAIN_MS;
}

static void answered(struct one *c)
{
    int64_t took = now_ms() - c->began_ms;
    if (c->status == 503) {
        sample(&busy, took);
        if (c->retry <= 0) {
            no_retry++;
        } else {
            retries[c->retry < RETRY_MAX ? c->retry : RETRY_MAX - 1]++;
        }
    } else if (c->status >= 200 && c->status < 400) {
        sample(&fine, took);
    } else {
        other++;
        other_status = c->status;
    }
    if (once && c->status != 503) {
        c->over = true;
        finished++;
        close_down(c);
        return;
    }
    request_choose(c);
    c->next_ms = pause_ms > 0 ? now_ms() + pause_ms : 0;
}

static void head_read(struct one *c)
{
    const char *end = strstr(c->head, "\r\n\r\n");
    if (end == NULL) {
        return;
    }
    const char *length = strcasestr(c->head, "\r\nContent-Length:");
    const char *retry = strcasestr(c->head, "\r\nRetry-After:");
    c->status = atoi(c->head + 9);
    c->retry = retry != NULL && retry < end ? atoi(retry + 14) : 0;
    c->need = (size_t)(end + 4 - c->head) +
              (length != NULL && length < end ? (size_t)strtoul(length + 17, NULL, 10) : 0);
}

static void listen_to(struct one *c)
{
    static char trash[ANSWER_MAX];
    for (;;) {
        ssize_t n = take(c, trash, sizeof trash);
        if (n == 0) {
            return;
        }
        if (n < 0) {
            cut_off(c);
            return;
        }
        if (c->need == 0 && c->got < sizeof c->head - 1) {
            size_t room = sizeof c->head - 1 - c->got;
            size_t part = (size_t)n < room ? (size_t)n : room;
            memcpy(c->head + c->got, trash, part);
            c->head[c->got + part] = '\0';
        }
        c->got += (size_t)n;
        if (c->need == 0) {
            head_read(c);
        }
        if (how == ASK && c->need > 0 && c->got >= c->need) {
            answered(c);
            return;
        }
    }
}

static void say(struct one *c)
{
    int64_t now = now_ms();
    char noise[256];
    ssize_t n = 0;
    size_t left = c->request != NULL ? c->request->n - c->sent : 0;
    if (now < c->next_ms) {
        return;
    }
    switch (how) {
    case ASK:
        n = left > 0 ? put(c, c->request->p + c->sent, left) : 0;
        break;
    case DEAF:
        n = put(c, c->request->p + c->sent, left);
        if (n > 0 && (size_t)n == left) {
            c->sent = 0;
            return;
        }
        break;
    case DRIP:
    case HOARD:
        if (left == 0) {
            return;
        }
        n = put(c, c->request->p + c->sent, how == HOARD && left > 20 ? left - 20 : 1);
        c->next_ms = now + (how == HOARD && left > 20 ? 0 : DRIP_MS);
        break;
    case HELLO:
        if (c->sent == 0) {
            n = put(c, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
        }
        break;
    case GARBAGE:
        for (size_t i = 0; i < sizeof noise; i++) {
            noise[i] = (char)(rand() >> 7);
        }
        n = put(c, noise, sizeof noise);
        c->next_ms = now + 50;
        break;
    case SILENT:
        break;
    }
    if (n < 0) {
        cut_off(c);
        return;
    }
    c->sent += (size_t)n;
}

static void turn(struct one *c, uint32_t events)
{
    if ((events & (EPOLLERR | EPOLLHUP)) != 0 && (events & EPOLLIN) == 0) {
        cut_off(c);
        return;
    }
    if (!c->connected) {
        c->connected = true;
        request_choose(c);
    }
    if (how != DEAF || (events & (EPOLLHUP | EPOLLRDHUP)) != 0) {
        listen_to(c);
    }
    if (c->fd >= 0) {
        say(c);
    }
    if (c->fd >= 0) {
        /* out only while there is something to say now */
        bool wants = how == DEAF || (how == ASK && c->next_ms == 0 && c->request != NULL &&
                                     c->sent < c->request->n);
        watch(c, EPOLLIN | (wants ? EPOLLOUT : 0u), EPOLL_CTL_MOD);
    }
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void tell(const char *name, struct samples *s)
{
    if (s->n > 0) {
        qsort(s->ms, s->n, sizeof *s->ms, by_size);
    }
    printf("\"%s\": {\"n\": %zu, \"p50_ms\": %u, \"p99_ms\": %u, \"max_ms\": %u}, ", name, s->n,
           s->n ? s->ms[s->n / 2] : 0, s->n ? s->ms[s->n * 99 / 100] : 0,
           s->n ? s->ms[s->n - 1] : 0);
}

static void report(const struct one *all, size_t n, int64_t took_ms)
{
    size_t standing = 0, different = 0;
    for (size_t i = 0; i < n; i++) {
        standing += all[i].connected;
    }
    for (size_t i = 0; i < RETRY_MAX; i++) {
        different += retries[i] > 0;
    }
    printf("{");
    tell("fine", &fine);
    tell("busy", &busy);
    printf("\"without_retry_after\": %llu, \"retry_values\": %zu, \"other\": %llu, "
           "\"other_status\": %d, \"opened\": %llu, \"cut\": %llu, \"standing\": %zu, "
           "\"finished\": %llu, \"failed_connects\": %llu, \"seconds\": %.3f}\n",
           (unsigned long long)no_retry, different, (unsigned long long)other, other_status,
           (unsigned long long)opened, (unsigned long long)cut, standing,
           (unsigned long long)finished, (unsigned long long)failed_connects,
           (double)took_ms / 1000);
}

static enum how how_of(const char *word)
{
    static const char *const words[] = {"ask",   "silent", "hello",  "drip",
                                        "hoard", "deaf",   "garbage"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], word) == 0) {
            return (enum how)i;
        }
    }
    fprintf(stderr, "crowd: %s is no way to behave\n", word);
    exit(2);
}

int main(int argc, char **argv)
{
    size_t at_once = 200;
    if (argc < 5) {
        fprintf(stderr,
                "usage: crowd PORT HOW CONNECTIONS SECONDS [FILE] [--tls] [--many] [--once] "
                "[--pause MS] [--open N]\n");
        return 2;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* who is cut off while it writes is counted, not ended */
    port = (uint16_t)atoi(argv[1]);
    how = how_of(argv[2]);
    size_t n = (size_t)atol(argv[3]), begun = 0;
    int64_t budget_ms = (int64_t)(atof(argv[4]) * 1000);
    for (int i = 5; i < argc; i++) {
        if (strcmp(argv[i], "--tls") == 0) {
            tls = true;
        } else if (strcmp(argv[i], "--many") == 0) {
            many = true;
        } else if (strcmp(argv[i], "--once") == 0) {
            once = true;
        } else if (strcmp(argv[i], "--pause") == 0 && i + 1 < argc) {
            pause_ms = atol(argv[++i]);
        } else if (strcmp(argv[i], "--open") == 0 && i + 1 < argc) {
            at_once = (size_t)atol(argv[++i]);
        } else {
            requests_read(argv[i]);
        }
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    struct one *all = calloc(n, sizeof *all);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (all == NULL || epoll < 0 || ctx == NULL) {
        die("memory");
    }
    int64_t start = now_ms(), swept = 0;
    while (now_ms() - start < budget_ms && !(once && finished == n)) {
        struct epoll_event events[EVENTS];
        for (size_t i = 0; i < at_once && begun < n; i++, begun++) {
            all[begun] = (struct one){.fd = -1, .number = begun};
            connect_one(&all[begun]);
        }
        int ready = epoll_wait(epoll, events, EVENTS, 10);
        for (int i = 0; i < ready; i++) {
            turn(events[i].data.ptr, events[i].events);
        }
        int64_t now = now_ms();
        for (size_t i = 0; i < begun && now - swept >= 20; i++) {
            struct one *c = &all[i];
            if (c->over || c->next_ms == 0 || now < c->next_ms) {
                continue;
            }
            if (c->fd < 0) {
                connect_one(c);
            } else if (c->connected) {
                c->next_ms = 0;
                c->began_ms = how == ASK && c->sent == 0 ? now : c->began_ms;
                say(c);
            }
        }
        swept = now - swept >= 20 ? now : swept;
    }
    report(all, n, now_ms() - start);
    return 0;
}
