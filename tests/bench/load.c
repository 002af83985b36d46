/* Load generator: sends prepared HTTP/1.1 requests over kept connections to loopback and counts the
 * answers.  It exists so that the client is not what is measured: no allocation and no parsing
 * beyond status, Content-Length and one JSON member.
 *
 *   load PORT CONNECTIONS SECONDS FILE [--once] [--chain MEMBER] [--pair NAME]
 *
 * FILE holds whole requests, each ended by a NUL byte.  They are sent in turn until SECONDS are
 * over; with
 * --once each is sent a single time.  With --chain every connection keeps one request of its own
 * and replaces the value it sent last by the string member MEMBER of the answer, which must be as
 * long (refresh tokens).  With --pair every connection keeps two requests of its own and sends them
 * in turn; NAME's value in the address to which the first is redirected takes the place of its
 * value in the second (authorization codes).  Prints one line of JSON. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256
#define ANSWER_MAX ((size_t)256 * 1024)
#define MEMBER_MAX 4096
#define SAMPLES_MAX ((size_t)1 << 20)

struct request {
    char *p;
    size_t n;
};

struct connection {
    int fd;
    struct request *request; /* in flight; NULL: none */
    size_t sent, got;
    int64_t started_us;
    char *answer;
    char member[MEMBER_MAX]; /* present value of the chained member */
    bool second;             /* of a pair */
};

static struct request *requests;
static size_t n_requests, next_request;
static const char *chain, *pair;
static bool once;
static uint64_t done, failed;
static int first_bad_status;
static uint32_t *samples;

static void die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void requests_read(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        die(path);
    }
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    while ((n = getdelim(&line, &room, '\0', f)) > 1) {
        requests = realloc(requests, (n_requests + 1) * sizeof *requests);
        char *copy = malloc((size_t)n + 1);
        if (!requests || !copy) {
            die("memory");
        }
        memcpy(copy, line, (size_t)n);
        copy[n] = '\0';
        requests[n_requests++] = (struct request){copy, strlen(copy)};
    }
    free(line);
    fclose(f);
    if (n_requests == 0) {
        fprintf(stderr, "load: no request in %s\n", path);
        exit(1);
    }
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        die("connect");
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

/* The value of a string member of a flat JSON object, without escapes. */
static size_t member_find(const char *text, const char *name, const char **out)
{
    char key[80];
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(text, key);
    if (!at) {
        return 0;
    }
    at += strlen(key);
    at += strspn(at, " ");
    if (*at != '"') {
        return 0;
    }
    *out = at + 1;
    return strcspn(at + 1, "\"");
}

static void chain_follow(struct connection *c)
{
    const char *value = NULL;
    size_t n = member_find(c->answer, chain, &value);
    if (n == 0 || n >= MEMBER_MAX || n != strlen(c->member)) {
        failed++;
        return;
    }
    char *place = strstr(c->request->p, c->member);
    if (!place) {
        failed++;
        return;
    }
    memcpy(place, value, n);
    memcpy(c->member, value, n);
}

/* The chained member's first value: what stands behind "MEMBER=" in the request's body. */
static void chain_begin(struct connection *c, const struct request *r)
{
    char key[80];
    snprintf(key, sizeof key, "%s=", chain);
    const char *at = r->p;
    for (const char *found; (found = strstr(at, key)) != NULL;) {
        at = found + strlen(key);
        if (found[-1] == '&' || found[-1] == '\n') {
            break;
        }
    }
    size_t n = strcspn(at, "& \r\n");
    if (n >= MEMBER_MAX) {
        n = MEMBER_MAX - 1;
    }
    memcpy(c->member, at, n);
    c->member[n] = '\0';
}

/* NAME's value from the Location of the first answer into the second request. */
static void pair_follow(struct connection *c, size_t number)
{
    char key[80];
    const char *location = strcasestr(c->answer, "\r\nLocation:");
    c->second = !c->second;
    if (!c->second) {
        return;
    }
    snprintf(key, sizeof key, "%s=", pair);
    const char *from = location ? strstr(location, key) : NULL;
    char *to = strstr(requests[2 * number + 1].p, "\r\n\r\n");
    to = to ? strstr(to, key) : NULL;
    if (!from || !to || strcspn(from, "& \r\n") != strcspn(to, "& \r\n")) {
        failed++;
        c->second = false;
        return;
    }
    memcpy(to, from, strcspn(from, "& \r\n"));
}

static bool next(struct connection *c, size_t number)
{
    if (pair) {
        c->request = &requests[2 * number + c->second];
    } else if (chain) {
        c->request = &requests[number];
    } else if (next_request < n_requests) {
        c->request = &requests[next_request++];
        if (!once && next_request == n_requests) {
            next_request = 0;
        }
    } else {
        c->request = NULL;
        return false;
    }
    c->sent = 0;
    c->got = 0;
    c->started_us = now_us();
    return true;
}

/* true when a whole answer is there. */
static bool complete(struct connection *c, int *status)
{
    c->answer[c->got] = '\0';
    const char *end = strstr(c->answer, "\r\n\r\n");
    if (!end) {
        return false;
    }
    *status = atoi(c->answer + 9);
    const char *length = strcasestr(c->answer, "\r\nContent-Length:");
    size_t body = length && length < end ? (size_t)strtoul(length + 17, NULL, 10) : 0;
    return c->got >= (size_t)(end + 4 - c->answer) + body;
}

static void finish(struct connection *c, int status, size_t number)
{
    int64_t took = now_us() - c->started_us;
    if (status != 200 && status != 303) {
        failed++;
        first_bad_status = first_bad_status ? first_bad_status : status;
    } else if (chain) {
        chain_follow(c);
    } else if (pair) {
        pair_follow(c, number);
    }
    if (done < SAMPLES_MAX) {
        samples[done] = (uint32_t)took;
    }
    done++;
}

/* Moves one connection on; opens it anew when the server closed it. */
static void turn(struct connection *c, short events, size_t number, uint16_t port, bool more)
{
    if ((events & POLLOUT) && c->request && c->sent < c->request->n) {
        ssize_t n = send(c->fd, c->request->p + c->sent, c->request->n - c->sent, MSG_NOSIGNAL);
        if (n > 0) {
            c->sent += (size_t)n;
        }
    }
    if (!(events & (POLLIN | POLLHUP | POLLERR))) {
        return;
    }
    ssize_t n = recv(c->fd, c->answer + c->got, ANSWER_MAX - 1 - c->got, 0);
    if (n <= 0) {
        close(c->fd);
        c->fd = connect_to(port);
        if (c->request) {
            failed++;
            c->sent = 0;
            c->got = 0;
        }
        return;
    }
    c->got += (size_t)n;
    int status = 0;
    if (complete(c, &status)) {
        finish(c, status, number);
        if (!more || !next(c, number)) {
            c->request = NULL;
        }
    }
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: load PORT CONNECTIONS SECONDS FILE [--once] [--chain MEMBER] "
                        "[--pair NAME]\n");
        return 2;
    }
    uint16_t port = (uint16_t)atoi(argv[1]);
    size_t n = (size_t)atoi(argv[2]);
    int64_t budget_us = (int64_t)(atof(argv[3]) * 1e6);
    requests_read(argv[4]);
    for (int i = 5; i < argc; i++) {
        if (!strcmp(argv[i], "--once")) {
            once = true;
        } else if (!strcmp(argv[i], "--chain") && i + 1 < argc) {
            chain = argv[++i];
        } else if (!strcmp(argv[i], "--pair") && i + 1 < argc) {
            pair = argv[++i];
        }
    }
    size_t own = chain ? n_requests : pair ? n_requests / 2 : CONNECTIONS_MAX;
    n = n < own ? n : own;
    n = n < CONNECTIONS_MAX ? n : CONNECTIONS_MAX;
    static struct connection all[CONNECTIONS_MAX];
    struct pollfd polls[CONNECTIONS_MAX];
    samples = calloc(SAMPLES_MAX, sizeof *samples);
    if (!samples) {
        die("memory");
    }
    int64_t start = now_us();
    for (size_t i = 0; i < n; i++) {
        all[i].fd = connect_to(port);
        all[i].answer = malloc(ANSWER_MAX);
        if (!all[i].answer) {
            die("memory");
        }
        if (next(&all[i], i) && chain) {
            chain_begin(&all[i], all[i].request);
        }
    }
    for (;;) {
        size_t busy = 0;
        for (size_t i = 0; i < n; i++) {
            const struct connection *c = &all[i];
            bool sending = c->request && c->sent < c->request->n;
            polls[i] = (struct pollfd){c->request ? c->fd : -1, sending ? POLLOUT : POLLIN, 0};
            busy += c->request != NULL;
        }
        int64_t spent = now_us() - start;
        if (busy == 0 || spent > budget_us + 30000000) {
            break;
        }
        if (poll(polls, n, 1000) < 0) {
            die("poll");
        }
        bool more = once || now_us() - start < budget_us;
        for (size_t i = 0; i < n; i++) {
            if (polls[i].revents) {
                turn(&all[i], polls[i].revents, i, port, more);
            }
        }
    }
    double seconds = (double)(now_us() - start) / 1e6;
    size_t kept = done < SAMPLES_MAX ? done : SAMPLES_MAX;
    qsort(samples, kept, sizeof *samples, by_size);
    printf("{\"requests\": %llu, \"failed\": %llu, \"bad_status\": %d, \"seconds\": %.3f, "
           "\"p50_us\": %u, \"p99_us\": %u}\n",
           (unsigned long long)done, (unsigned long long)failed, first_bad_status, seconds,
           kept ? samples[kept / 2] : 0, kept ? samples[kept * 99 / 100] : 0);
    return 0;
}
