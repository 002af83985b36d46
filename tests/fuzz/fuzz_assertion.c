/* rooms: oidc registration jose base */
/* Client assertions: nothing signed by anybody else than the registered key passes, and the key in
 * the seeds is not the registered one. */
#include <stdlib.h>
#include "base/arena.h"
#include "oidc/client_assertion.h"
#include "oidc/client_credentials.h"

#define KEYS                                                                                       \
    "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"k1\",\"alg\":\"EdDSA\",\"x\":"      \
    "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct client client = {.id = STR("portal"), .jwks = STR(KEYS)};
    const struct str audience = STR("https://id.example");
    struct arena *a = arena_new(0);
    struct assertion out;
    struct str text = str_of(data, size);
    if (assertion_check(a, &client, text, &audience, 1, 1700000000, &out) == REFUSE_NOTHING) {
        abort();
    }
    struct param v[] = {
        {STR("client_assertion"), text},
        {STR("client_assertion_type"),
         STR("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")},
    };
    struct params form = {v, 2};
    struct client_credentials c;
    if (client_credentials_read(a, STR_NONE, false, &form, &c) == REFUSE_NOTHING &&
        !str_is(c.client_id)) {
        abort();
    }
    arena_free(a);
    return 0;
}
