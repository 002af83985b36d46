/* What an administrator looks at: the database itself, deliveries, what people do, nodes (admin
 * only, but that each clerk tells of its node). Numbers, never persons. */
#ifndef STORE_OPERATIONS_H
#define STORE_OPERATIONS_H
#include "store/pg.h"

#define OPERATIONS_MINUTES 5 /* that activity is counted over */

struct operations {
    struct str server_version;
    struct str host;      /* of database.host: where the primary was found */
    struct str waits_for; /* synchronous_standby_names: whom a commit waits for; empty: nobody */
    bool in_recovery;
    int64_t schema_version;
    int64_t standbys;
    int64_t standby_lag_ms;                 /* -1: none, or not for us to see */
    int64_t waiting;                        /* deliveries; at most 100,000 are counted */
    int64_t waiting_since;                  /* of the oldest; 0: none waits */
    int64_t troubled;                       /* tried three times or more */
    int64_t failed_today;                   /* given up in the last 24 hours */
    int64_t logins, logins_refused, tokens; /* of the last OPERATIONS_MINUTES */
};
struct operations_node {
    struct str name, version;
    int64_t clock_offset_ms, seen_at, silent_s;
};
/* clerk: this node is there, and sees the database's clock so far from its own.  Waits. */
CHECKED enum err store_node_tell(struct task *t, struct pg *db, struct str name, struct str version,
                                 int64_t clock_offset_ms);
/* All nodes of the last day.  Waits. */
CHECKED enum err store_nodes(struct task *t, struct pg *db, struct operations_node **out,
                             size_t *n);
/* One trip.  Waits. */
CHECKED enum err store_operations_read(struct task *t, struct pg *db, struct operations *out);

#endif
