/* rooms: oidc registration base */
/* The claims parameter: what is kept exists and is registered; the rest of the rules hold on any
 * input. */
#include <stdlib.h>
#include "base/arena.h"
#include "oidc/asks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct str scope[] = {{"openid", 6}, {"profile", 7}};
    struct client client = {.id = STR("portal"), .scope = {scope, 2}};
    struct arena *a = arena_new(0);
    struct claims_request out;
    if (claims_read(a, &client, str_of(data, size), &out) == REFUSE_NOTHING) {
        struct authorize_request q = {.scope = STR("openid"), .claims = out.kept};
        struct asks asks;
        asks_of(a, &client, &q, false, NULL, 0, NULL, &asks);
        if (str_has_byte(out.sub, ' ') || str_is(asks_claims(a, q.scope, q.claims, &asks))) {
            abort();
        }
        for (size_t i = 0; i < asks.n; i++) {
            if (str_eqz(asks.v[i].line, "email") || str_eqz(asks.v[i].line, "personal_number")) {
                abort();
            }
        }
    }
    arena_free(a);
    return 0;
}
