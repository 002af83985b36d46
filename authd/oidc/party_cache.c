/* A table of fixed size, one registration a slot; requests that use one hold a reference. */
#include "oidc/party_cache.h"

#include <stdlib.h>

#include "base/json.h"

struct parsed {
    unsigned refs;
    struct arena *arena;
    uint64_t version;
    struct client client;
};
struct party_cache {
    struct parsed *slots[PARTY_CACHE_MAX];
};

static void release(void *arg)
{
    struct parsed *p = arg;
    if (--p->refs == 0) {
        arena_free(p->arena);
        free(p);
    }
}

static enum err parse(struct arena *a, const struct client_row *row, struct client *out)
{
    json_t *metadata = NULL;
    if (json_read_in(a, row->metadata, &metadata) != OK) {
        return fail(ERR_INTERNAL, "client: the stored metadata can not be read");
    }
    return client_parse(a, str_dup(a, row->id), metadata, out);
}

static enum err parsed_new(const struct client_row *row, struct parsed **out)
{
    struct parsed *p = calloc(1, sizeof(*p));
    struct arena *arena = arena_new(0);
    enum err e = p == NULL || arena == NULL ? fail(ERR_NO_MEMORY, "client: no memory")
                                            : parse(arena, row, &p->client);
    if (e != OK) {
        arena_free(arena);
        free(p);
        return e;
    }
    p->refs = 1;
    p->arena = arena;
    p->version = row->version;
    *out = p;
    return OK;
}

static size_t slot_of(struct str id)
{
    uint64_t h = UINT64_C(1469598103934665603);
    for (size_t i = 0; i < id.n; i++) {
        h = (h ^ (unsigned char)id.p[i]) * UINT64_C(1099511628211);
    }
    return (h >> 32) % PARTY_CACHE_MAX;
}

enum err party_client(struct arena *a, struct app *app, const struct client_row *row,
                      struct client *out)
{
    if (app->parties == NULL) {
        app->parties = calloc(1, sizeof(*app->parties));
        if (app->parties == NULL) {
            return fail(ERR_NO_MEMORY, "client: no memory");
        }
    }
    struct parsed **slot = &app->parties->slots[slot_of(row->id)];
    if (*slot == NULL || (*slot)->version != row->version || !str_eq((*slot)->client.id, row->id)) {
        struct parsed *fresh;
        TRY(parsed_new(row, &fresh));
        if (*slot != NULL) {
            release(*slot);
        }
        *slot = fresh;
    }
    (*slot)->refs++;
    arena_defer(a, release, *slot);
    *out = (*slot)->client;
    return OK;
}

void party_cache_free(struct app *app)
{
    for (size_t i = 0; app->parties != NULL && i < PARTY_CACHE_MAX; i++) {
        if (app->parties->slots[i] != NULL) {
            release(app->parties->slots[i]);
        }
    }
    free(app->parties);
    app->parties = NULL;
}
