/* See resolve.h.  libevent's resolver: asynchronous, no thread. */
#include "courier/resolve.h"

#include <arpa/inet.h>
#include <event2/dns.h>
#include <event2/util.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "courier/guard.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define HOSTS "/etc/hosts"
#define ADDRESSES_MAX 8

struct resolver {
    struct evdns_base *dns;
};

/* Lives until the resolver has called back, however its task ended. */
struct lookup {
    struct task *task; /* NULL: nobody waits any longer */
    bool done;
    int error;
    struct sockaddr_storage found[ADDRESSES_MAX];
    size_t n;
};

enum err resolver_new(struct loop *l, struct resolver **out)
{
    struct resolver *r = calloc(1, sizeof *r);
    struct evdns_base *dns = r ? evdns_base_new(loop_base(l), 0) : NULL;
    if (!dns) {
        free(r);
        return fail(ERR_NO_MEMORY, "resolver: no memory");
    }
    /* Both may be missing: then only numbers, or only names of the other file, resolve. */
    (void)evdns_base_resolv_conf_parse(dns, DNS_OPTIONS_ALL & ~DNS_OPTION_HOSTSFILE, RESOLV_CONF);
    (void)evdns_base_load_hosts(dns, HOSTS);
    r->dns = dns;
    *out = r;
    return OK;
}

void resolver_free(struct resolver *r)
{
    if (r) {
        evdns_base_free(r->dns, 1);
        free(r);
    }
}

static void on_found(int error, struct evutil_addrinfo *list, void *arg)
{
    struct lookup *look = arg;
    if (!look->task) {
        free(look);
    } else {
        for (struct evutil_addrinfo *i = list; i && look->n < ADDRESSES_MAX; i = i->ai_next) {
            if (i->ai_addrlen <= sizeof look->found[0]) {
                memcpy(&look->found[look->n++], i->ai_addr, i->ai_addrlen);
            }
        }
        look->error = error;
        look->done = true;
        task_wake(look->task);
    }
    if (list) {
        evutil_freeaddrinfo(list);
    }
}

/* The task ends: what still waits for the resolver frees itself, what is done is freed here. */
static void lookup_leave(void *arg)
{
    struct lookup *look = arg;
    look->task = NULL;
    if (look->done) {
        free(look);
    }
}

static enum err pick(struct task *t, const struct lookup *look, bool loopback_allowed,
                     struct str *out)
{
    struct buf b = buf_in(t->arena);
    enum err refused = fail(ERR_DENIED, "guard: the name has no address");
    for (size_t i = 0; i < look->n; i++) {
        const struct sockaddr *address = (const struct sockaddr *)&look->found[i];
        char text[INET6_ADDRSTRLEN];
        enum err e = guard_address(address, loopback_allowed);
        if (e != OK) {
            refused = e;
            continue;
        }
        bool six = address->sa_family == AF_INET6;
        const void *bytes = six ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                                : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
        if (evutil_inet_ntop(address->sa_family, bytes, text, sizeof text)) {
            buf_fmt(&b, six ? "%s[%s]" : "%s%s", b.n ? "," : "", text);
        }
    }
    if (!b.n) {
        return refused;
    }
    *out = buf_str(&b);
    return OK;
}

enum err resolver_find(struct task *t, struct resolver *r, const struct url *url,
                       bool loopback_allowed, struct str *out)
{
    struct str host = url->host;
    if (host.n > 2 && host.p[0] == '[') {
        host = str_of(host.p + 1, host.n - 2);
    }
    struct lookup *look = calloc(1, sizeof *look);
    if (!look) {
        return fail(ERR_NO_MEMORY, "resolver: no memory");
    }
    look->task = t;
    arena_defer(t->arena, lookup_leave, look);
    struct evutil_addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    (void)evdns_getaddrinfo(r->dns, str_z(t->arena, host), NULL, &hints, on_found, look);
    while (!look->done) {
        TRY(task_park(t, "name of a portal"));
    }
    if (look->error) {
        return fail(ERR_UNAVAILABLE, "resolver: %s", evutil_gai_strerror(look->error));
    }
    return pick(t, look, loopback_allowed, out);
}
