/* rooms: oidc registration base */
/* The claims parameter: what is kept exists and is registered; the rest of the rules hold on any
 * input. */
#include <stdlib.h>
#include "base/arena.h"
#include "oidc/claims.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct str scope[] = {{"openid", 6}, {"profile", 7}};
    struct client client = {.id = STR("portal"), .scope = {scope, 2}};
    struct arena *a = arena_new(0);
    struct claims_request out;
    struct words shown;
    if (claims_read(a, &client, str_of(data, size), &out) == REFUSE_NOTHING) {
        struct str names = claims_names(a, out.kept);
        claims_shown(a, STR("openid"), out.kept, &shown);
        if (!claims_within(a, names, names) || str_has_byte(out.sub, ' ')) {
            abort();
        }
        for (size_t i = 0; i < shown.n; i++) {
            if (str_eqz(shown.v[i], "email") || str_eqz(shown.v[i], "personal_number")) {
                abort();
            }
        }
    }
    arena_free(a);
    return 0;
}
