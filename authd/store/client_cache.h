/* Clients as last read, kept until they change.  Exact while the listening connection stands: a
 * change is notified when it commits, and what was read before a notification is not kept. */
#ifndef STORE_CLIENT_CACHE_H
#define STORE_CLIENT_CACHE_H
#include "store/client.h"

/* Remember before the read, hand to client_cache_put after it. */
uint64_t client_cache_epoch(struct pg *db);
/* The row lives as long as the arena, whatever changes meanwhile; false: not there. */
bool client_cache_get(struct arena *a, struct pg *db, struct str id, struct client_row *out);
/* lifetime_s: until a secret of it expires; 0: nothing of it expires. */
void client_cache_put(struct pg *db, uint64_t epoch, const struct client_row *row,
                      int64_t lifetime_s);

#endif
