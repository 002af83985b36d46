/* One immutable list, replaced whole; requests that use it hold a reference. */
#include "store/resource_cache.h"

#include <stdlib.h>

#include "store/engine.h"

struct resource_list {
    unsigned refs;
    struct arena *arena;
    struct resource_row *rows;
    size_t n;
};
struct resource_cache {
    struct resource_list *now; /* NULL: not known */
    uint64_t epoch;
};

static void release(void *arg)
{
    struct resource_list *l = arg;
    if (--l->refs == 0) {
        arena_free(l->arena);
        free(l);
    }
}

static void forget(struct resource_cache *c)
{
    if (c->now != NULL) {
        release(c->now);
        c->now = NULL;
    }
}

static void changed(void *arg, struct str payload)
{
    struct resource_cache *c = arg;
    (void)payload;
    c->epoch++;
    forget(c);
}

static struct resource_cache *cache(struct pg *db)
{
    if (db->resources == NULL) {
        db->resources = calloc(1, sizeof *db->resources);
        if (db->resources == NULL) {
            bug("pg: no memory");
        }
        pg_listen(db, "authd_resource", changed, db->resources);
    }
    return db->resources;
}

uint64_t resource_cache_epoch(struct pg *db)
{
    return cache(db)->epoch;
}

bool resource_cache_get(struct arena *a, struct pg *db, const struct resource_row **out, size_t *n)
{
    struct resource_list *now = cache(db)->now;
    if (now == NULL || !listen_stands(db)) {
        return false;
    }
    now->refs++;
    arena_defer(a, release, now);
    *out = now->rows;
    *n = now->n;
    return true;
}

static struct resource_list *list_new(const struct resource_row *rows, size_t n)
{
    struct resource_list *l = calloc(1, sizeof *l);
    struct arena *a = arena_new(0);
    if (l == NULL || a == NULL) {
        free(l);
        arena_free(a);
        return NULL;
    }
    *l = (struct resource_list){.refs = 1, .arena = a, .n = n};
    l->rows = arena_array(a, n, sizeof *l->rows);
    for (size_t i = 0; i < n; i++) {
        l->rows[i] = (struct resource_row){.audience = str_dup(a, rows[i].audience),
                                           .name = str_dup(a, rows[i].name),
                                           .scopes = str_dup(a, rows[i].scopes),
                                           .client_id = str_dup(a, rows[i].client_id),
                                           .may_introspect = rows[i].may_introspect};
    }
    return l;
}

void resource_cache_put(struct pg *db, uint64_t epoch, const struct resource_row *rows, size_t n)
{
    struct resource_cache *c = cache(db);
    if (epoch != c->epoch || !listen_stands(db)) {
        return;
    }
    forget(c);
    c->now = list_new(rows, n);
}

void resource_cache_free(struct pg *db)
{
    if (db->resources != NULL) {
        forget(db->resources);
        free(db->resources);
        db->resources = NULL;
    }
}
