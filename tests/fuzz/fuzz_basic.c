/* rooms: oidc registration base */
/* HTTP Basic credentials of clients: what passes has a name, and no byte that was not sent. */
#include <stdlib.h>
#include "base/arena.h"
#include "oidc/client_credentials.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct str id = STR_NONE;
    struct str secret = STR_NONE;
    if (basic_read(a, str_of(data, size), &id, &secret) == REFUSE_NOTHING &&
        (!str_is(id) || !str_utf8(id) || id.n + secret.n > size)) {
        abort();
    }
    arena_free(a);
    return 0;
}
