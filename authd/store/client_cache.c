/* A small hash table of client rows. */
#include "store/client_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/engine.h"

#define SLOTS 1024       /* chains; a power of two */
#define ENTRIES_MAX 8192 /* then it starts anew */
#define AGE_MAX_S 300

struct entry {
    struct entry *next;
    unsigned refs;         /* of the table and of requests that read it */
    struct client_row row; /* its text follows */
    int64_t until_ms;      /* monotonic */
};
struct client_cache {
    struct entry *slots[SLOTS];
    size_t n;
    uint64_t epoch;
};

static size_t slot_of(struct str id)
{
    uint64_t h = UINT64_C(1469598103934665603);
    for (size_t i = 0; i < id.n; i++) {
        h = (h ^ (unsigned char)id.p[i]) * UINT64_C(1099511628211);
    }
    return h & (SLOTS - 1);
}

static void release(void *arg)
{
    struct entry *e = arg;
    if (--e->refs == 0) {
        free(e);
    }
}

static void forget(struct client_cache *c, struct str id)
{
    struct entry **at = &c->slots[slot_of(id)];
    while (*at != NULL) {
        struct entry *e = *at;
        if (str_eq(e->row.id, id)) {
            *at = e->next;
            release(e);
            c->n--;
        } else {
            at = &e->next;
        }
    }
}

static void forget_all(struct client_cache *c)
{
    for (size_t i = 0; i < SLOTS; i++) {
        while (c->slots[i] != NULL) {
            struct entry *e = c->slots[i];
            c->slots[i] = e->next;
            release(e);
        }
    }
    c->n = 0;
}

static void changed(void *arg, struct str id)
{
    struct client_cache *c = arg;
    c->epoch++;
    if (id.n == 0) {
        forget_all(c);
    } else {
        forget(c, id);
    }
}

static struct client_cache *cache(struct pg *db)
{
    if (db->clients == NULL) {
        db->clients = calloc(1, sizeof *db->clients);
        if (db->clients == NULL) {
            bug("pg: no memory");
        }
        pg_listen(db, "authd_client", changed, db->clients);
    }
    return db->clients;
}

uint64_t client_cache_epoch(struct pg *db)
{
    return cache(db)->epoch;
}

/* Writes the row's text to *to and makes the row point there. */
static void keep(struct str *s, char **to)
{
    if (s->p != NULL) {
        memcpy(*to, s->p, s->n);
        *s = str_of(*to, s->n);
        *to += s->n;
    }
}

static void keep_all(struct client_row *row, char *to)
{
    keep(&row->id, &to);
    keep(&row->metadata, &to);
    keep(&row->sector, &to);
}

bool client_cache_get(struct arena *a, struct pg *db, struct str id, struct client_row *out)
{
    struct client_cache *c = cache(db);
    if (!listen_stands(db)) {
        return false;
    }
    for (struct entry *e = c->slots[slot_of(id)]; e != NULL; e = e->next) {
        if (str_eq(e->row.id, id) && e->until_ms > clock_mono_ms()) {
            e->refs++;
            arena_defer(a, release, e);
            *out = e->row;
            return true;
        }
    }
    return false;
}

void client_cache_put(struct pg *db, uint64_t epoch, const struct client_row *row,
                      int64_t lifetime_s)
{
    struct client_cache *c = cache(db);
    if (epoch != c->epoch || !listen_stands(db)) {
        return;
    }
    if (c->n >= ENTRIES_MAX) {
        forget_all(c);
    }
    forget(c, row->id);
    struct entry *e = calloc(1, sizeof *e + row->id.n + row->metadata.n + row->sector.n);
    if (e == NULL) {
        return;
    }
    e->refs = 1;
    int64_t s = lifetime_s > 0 && lifetime_s < AGE_MAX_S ? lifetime_s : AGE_MAX_S;
    e->until_ms = clock_mono_ms() + s * 1000;
    e->row = *row;
    keep_all(&e->row, (char *)(e + 1));
    size_t slot = slot_of(e->row.id);
    e->next = c->slots[slot];
    c->slots[slot] = e;
    c->n++;
}

void client_cache_free(struct pg *db)
{
    if (db->clients != NULL) {
        forget_all(db->clients);
        free(db->clients);
    }
}
