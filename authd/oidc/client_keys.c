/* Wishing and waiting.  The wish is a row that the courier hears of; the wait is a look at it now
 * and then.  Strangers can bring bad assertions: they wait only while a fetch is on its way, and
 * never longer than the registered client would. */
#include "oidc/client_keys.h"

#include "base/clock.h"
#include "sso/sso.h"

#define WAIT_MS 2000
#define LOOK_MS 50
#define COOLDOWN_S 60
/* A client that was registered before its address answers must not wait long for its first keys. */
#define COOLDOWN_NO_KEYS_S 5

enum err client_keys_known(struct req *r, struct str client_id, struct client_keys_row *out)
{
    enum err e = store_client_keys_find(r->task, app_of(r)->db, client_id, out);
    if (e == ERR_NOT_FOUND) { /* the registration has just changed */
        *out = (struct client_keys_row){.settled = true};
        return OK;
    }
    return e;
}

enum err client_keys_newest(struct req *r, struct str client_id, struct client_keys_row *keys)
{
    int64_t until_ms = clock_mono_ms() + WAIT_MS;
    int64_t cooldown_s = str_is(keys->jwks) ? COOLDOWN_S : COOLDOWN_NO_KEYS_S;
    TRY(store_client_keys_want(r->task, app_of(r)->db, client_id, cooldown_s));
    TRY(client_keys_known(r, client_id, keys));
    while (!keys->settled && clock_mono_ms() < until_ms) {
        TRY(task_sleep(r->task, LOOK_MS));
        TRY(client_keys_known(r, client_id, keys));
    }
    return OK;
}
