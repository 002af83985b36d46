/* See health.h.  Must not cost a database statement: load balancers ask often. */
#include "health.h"
#include <stdlib.h>
#include "log/log.h"
#include "sso/sso.h"
#include "store/pg.h"

#define CLOCK_OFF_MS 5000

static enum err say(struct req *r, int status, json_t *o)
{
    reply_json(r, status, json_own(r->arena, o));
    return OK;
}

enum err health_live(struct req *r)
{
    json_t *o = json_object();
    json_object_set_new(o, "live", json_true());
    return say(r, 200, o);
}

/* spec: DESIGN.md section 6: a node whose clock is more than 5 s off says it is not ready */
static bool clock_fits(const struct pg *db)
{
    int64_t off = pg_clock_offset_ms(db);
    if (llabs(off) <= CLOCK_OFF_MS) {
        return true;
    }
    log_event(LOG_WARN, CLOCK_OFF, LOG_INT("ms", off));
    return false;
}

enum err health_ready(struct req *r)
{
    struct app *app = app_of(r);
    const struct app_keys *keys;
    json_t *missing = json_array();
    if (app->draining) {
        json_array_append_new(missing, json_string("draining"));
    }
    if (!pg_ready(app->db)) {
        json_array_append_new(missing, json_string("database"));
    } else if (!clock_fits(app->db)) {
        json_array_append_new(missing, json_string("clock"));
    }
    if (app_keys(r->task, app, &keys) != OK) {
        json_array_append_new(missing, json_string("keys"));
    }
    bool ready = json_array_size(missing) == 0;
    json_t *o = json_object();
    json_object_set_new(o, "ready", json_boolean(ready));
    json_object_set_new(o, "missing", missing);
    return say(r, ready ? 200 : 503, o);
}
