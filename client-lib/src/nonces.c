/* See nonces.h.  Copied under the lock: fixed memory, no allocation. */
#include "libeid/nonces.h"
#include <string.h>
#include "base/url.h"
#include "libeid/state.h"

/* "scheme://host:port" */
static struct str origin(struct str url)
{
    struct url u;
    if (url_parse(url, &u) != OK) {
        return STR_NONE;
    }
    const char *end = u.port.p != NULL ? u.port.p + u.port.n : u.host.p + u.host.n;
    return str_of(url.p, (size_t)(end - url.p));
}

struct str nonces_get(struct arena *a, struct eid_client *c, struct str url)
{
    struct str where = origin(url);
    char *copy = arena_alloc(a, NONCE_MAX + 1);
    pthread_mutex_lock(&c->slots.lock);
    for (size_t i = 0; i < NONCES; i++) {
        if (where.n > 0 && str_eqz(where, c->nonces.of[i].origin)) {
            memcpy(copy, c->nonces.of[i].nonce, NONCE_MAX + 1);
        }
    }
    pthread_mutex_unlock(&c->slots.lock);
    return copy[0] == '\0' ? STR_NONE : str_from(copy);
}

void nonces_put(struct eid_client *c, struct str url, const char *nonce)
{
    struct str where = origin(url);
    size_t n = strlen(nonce);
    if (where.n == 0 || where.n >= ORIGIN_MAX || n > NONCE_MAX) {
        return;
    }
    pthread_mutex_lock(&c->slots.lock);
    size_t i = 0;
    while (i < NONCES && !str_eqz(where, c->nonces.of[i].origin)) {
        i++;
    }
    if (i == NONCES) {
        i = c->nonces.next;
        c->nonces.next = (c->nonces.next + 1) % NONCES;
        memcpy(c->nonces.of[i].origin, where.p, where.n);
        c->nonces.of[i].origin[where.n] = '\0';
    }
    memcpy(c->nonces.of[i].nonce, nonce, n + 1);
    pthread_mutex_unlock(&c->slots.lock);
}
