/* Where a connection is tried next, how soon, and for how long: hosts one after the other,
 * beginning with the one that was last found to be the primary.  Must not connect by itself: conn.c
 * does. */
#include "base/rand.h"
#include "store/conn.h"
#include "store/engine.h"

#define CONNECT_LIMIT_MS 5000
#define CONNECT_LIMIT_OF_SEVERAL_MS 3000 /* a host that is cut off must not hold up the others */
#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 5000
#define BACKOFF_MAX_OF_SEVERAL_MS 1500 /* one of them is being promoted */

int64_t reconnect_limit_ms(const struct conn *c)
{
    return c->db->hosts.n > 1 ? CONNECT_LIMIT_OF_SEVERAL_MS : CONNECT_LIMIT_MS;
}

int64_t reconnect_wait_ms(const struct conn *c)
{
    if (c->failures == 0 || c->tried > 0) {
        return 10 + rand_below(10);
    }
    int64_t limit = c->db->hosts.n > 1 ? BACKOFF_MAX_OF_SEVERAL_MS : BACKOFF_MAX_MS;
    int64_t most = BACKOFF_FIRST_MS << (c->failures > 7 ? 6 : c->failures - 1);
    most = most > limit ? limit : most;
    return most / 2 + rand_below((uint32_t)(most / 2) + 1);
}

void reconnect_choose(struct conn *c, bool stood)
{
    struct pg *db = c->db;
    if (stood) {
        c->failures = 0;
        c->tried = 0;
        c->host = db->primary;
        return;
    }
    if (c->host == db->primary) {
        db->primary = hosts_next(&db->hosts, c->host);
    }
    c->host = hosts_next(&db->hosts, c->host);
    if (++c->tried >= db->hosts.n) {
        c->tried = 0;
        c->failures++;
        c->host = db->primary;
    }
}
