/* rooms: libeid jose base */
/* Private keys a service gives its handle, PEM or JWK: one that is read signs what its public half
 * verifies, and that half holds nothing private. */
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "libeid/own_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(struct arena *a, const struct own_key *k)
{
    struct str token;
    struct jws jws;
    struct jwk *half = NULL;
    if (jwk_read_text(str_from(k->jwk), k->alg, &half) != OK || /* refuses private members */
        jws_sign(a, k->alg, k->key, k->sign, str_from("kid"), "JWT", STR("{}"), &token) != OK ||
        jws_parse(a, token, &jws) != OK || jws_verify(&jws, half, "JWT") != OK ||
        strlen(k->thumbprint) != THUMBPRINT_SIZE || k->kid[0] == '\0') {
        abort();
    }
    jwk_free(half);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct own_key *k = NULL;
    if (own_key_read(str_of(data, size), &k) == OK) {
        struct arena *a = arena_new(0);
        judge(a, k);
        arena_free(a);
        own_key_free(k);
    }
    return 0;
}
