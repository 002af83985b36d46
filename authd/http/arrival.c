/* A connection arrives: whose it is, whether there is room for it, and who makes room when there is
 * none.  Must not refuse by itself: conn.c does. */
#include <arpa/inet.h>
#include <event2/bufferevent.h>
#include <string.h>
#include <sys/socket.h>
#include "base/clock.h"
#include "http/core.h"

#define FRESH_MS 1000 /* whoever waits less is not closed to make room for another */

static unsigned bucket_of_address(const char *address)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *address != '\0'; address++) {
        h = (h ^ (unsigned char)*address) * UINT64_C(0x100000001b3);
    }
    return (unsigned)(h >> 32) % CONN_BUCKETS;
}

static void address_take(struct conn *c)
{
    struct sockaddr_storage peer;
    socklen_t n = sizeof(peer);
    int fd = (int)bufferevent_getfd(c->bev);
    if (fd < 0 || getpeername(fd, (struct sockaddr *)&peer, &n) != 0) {
        return;
    }
    if (peer.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&peer;
        inet_ntop(AF_INET, &v4->sin_addr, c->address, sizeof(c->address));
    } else if (peer.ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&peer;
        inet_ntop(AF_INET6, &v6->sin6_addr, c->address, sizeof(c->address));
        if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
            memmove(c->address, c->address + 7, strlen(c->address + 7) + 1);
        }
    }
}

static bool address_is_full(struct conn *c)
{
    struct http_server *s = c->side->server;
    struct neighbours *all = &s->by_address[bucket_of_address(c->address)];
    bool limited = s->limits.per_address_max > 0 && strcmp(c->address, s->trusted_proxy) != 0;
    unsigned n = 0;
    const struct conn *other;
    if (limited) { /* who may have any number is not counted */
        LIST_FOREACH(other, all, address_link)
        {
            n += strcmp(other->address, c->address) == 0;
        }
    }
    LIST_INSERT_HEAD(all, c, address_link);
    c->listed = true;
    return limited && n >= s->limits.per_address_max;
}

static bool is_full(const struct http_server *s)
{
    return s->n_conns - s->n_leaving > s->limits.connections_max;
}

void waiting_end(struct conn *c)
{
    if (c->waiting_since_ms != 0) {
        TAILQ_REMOVE(&c->side->server->waiting, c, wait_link);
        c->waiting_since_ms = 0;
    }
}

void waiting_begin(struct conn *c)
{
    waiting_end(c);
    c->waiting_since_ms = clock_mono_ms();
    TAILQ_INSERT_TAIL(&c->side->server->waiting, c, wait_link);
}

/* Idle ones, those whose request or handshake drips, and those that never said a word are closed
 * before a new one is refused: the longest first. */
static void make_room(struct http_server *s)
{
    struct conn *oldest = TAILQ_FIRST(&s->waiting);
    if (oldest != NULL && clock_mono_ms() - oldest->waiting_since_ms >= FRESH_MS) {
        conn_close(oldest);
    }
}

const char *arrival_judge(struct conn *c)
{
    struct http_server *s = c->side->server;
    address_take(c);
    bool address_full = address_is_full(c);
    if (is_full(s)) {
        make_room(s);
    }
    if ((s->draining && !s->relieved) || is_full(s)) {
        return "too many connections";
    }
    return address_full ? "too many connections from this address" : NULL;
}

void arrival_forget(struct conn *c)
{
    if (c->listed) {
        LIST_REMOVE(c, address_link);
        c->listed = false;
    }
}
