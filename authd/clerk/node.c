/* Tells the database once a minute that this node is there, so that an administrator sees all of
 * them from any of them. */
#include "clerk/clerk.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/operations.h"

#define PERIOD_MS 60000
#ifndef AUTHD_VERSION
#define AUTHD_VERSION "unknown"
#endif

void clerk_node_name(struct clerk *c)
{
    char host[128] = "?";
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(c->node_name, sizeof c->node_name, "%s %s", host, c->process->config->listen);
}

enum err clerk_node(struct task *t, struct clerk *c)
{
    int64_t offset_ms = pg_clock_offset_ms(c->db);
    bool moved = (offset_ms > c->node_offset_ms ? offset_ms - c->node_offset_ms
                                                : c->node_offset_ms - offset_ms) > 1000;
    if (clock_mono_ms() < c->node_due_ms && !moved) {
        return OK;
    }
    TRY(store_node_tell(t, c->db, str_from(c->node_name), STR(AUTHD_VERSION), offset_ms));
    c->node_offset_ms = offset_ms;
    c->node_due_ms = clock_mono_ms() + PERIOD_MS;
    return OK;
}
