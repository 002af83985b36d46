/* The list of resource servers as last read, kept until it changes.  Exact while the listening
 * connection stands, as the cache of clients (client_cache.h). */
#ifndef STORE_RESOURCE_CACHE_H
#define STORE_RESOURCE_CACHE_H
#include "store/client.h"

/* Remember before the read, hand to resource_cache_put after it. */
uint64_t resource_cache_epoch(struct pg *db);
/* What it gives lives as long as the arena; false: not there. */
bool resource_cache_get(struct arena *a, struct pg *db, const struct resource_row **out, size_t *n);
void resource_cache_put(struct pg *db, uint64_t epoch, const struct resource_row *rows, size_t n);

#endif
