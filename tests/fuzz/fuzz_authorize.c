/* rooms: oidc registration base */
/* Authorization requests: what passes has a registered redirect URI, a challenge and a scope, and
 * comes back from its stored form unchanged. */
#include <stdlib.h>
#include "base/arena.h"
#include "oidc/authorize_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct str uris[] = {{"https://p.example/cb", 20}};
    static struct str grants[] = {{"authorization_code", 18}, {"refresh_token", 13}};
    static struct str scope[] = {{"openid", 6}, {"profile", 7}, {"offline_access", 14}};
    struct client client = {.id = STR("portal"),
                            .redirect_uris = {uris, 1},
                            .grant_types = {grants, 2},
                            .scope = {scope, 3},
                            .require_pkce = true};
    struct arena *a = arena_new(0);
    struct params ps;
    struct str target;
    struct authorize_request q;
    struct authorize_request back;
    if (params_parse(a, str_of(data, size), &ps) != OK ||
        authorize_target(&client, &ps, &target) != REFUSE_NOTHING) {
        arena_free(a);
        return 0;
    }
    if (!str_eq(target, uris[0])) {
        abort();
    }
    if (authorize_request_read(a, &client, &ps, &q) == REFUSE_NOTHING) {
        q.redirect_uri = target;
        struct str text = authorize_request_text(a, &q);
        if (q.code_challenge.n != 43 || !str_is(q.scope) ||
            authorize_request_load(a, text, &back) != OK ||
            !str_eq(authorize_request_text(a, &back), text)) {
            abort();
        }
    }
    arena_free(a);
    return 0;
}
