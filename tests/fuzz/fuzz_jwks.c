/* rooms: jose base */
/* Sets of keys: every key taken fits the algorithm it is bound to and is found by its kid. */
#include <stdlib.h>
#include "jose/jwks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jwks *set = NULL;
    if (jwks_read(str_of(data, size), ALG_RS256, &set) != OK) {
        return 0;
    }
    for (size_t i = 0; i < jwks_count(set); i++) {
        const struct jwk *k = jwks_at(set, i);
        if (!alg_fits(k->alg, k->key) || !jwks_has_kid(set, str_from(k->kid)) ||
            jwks_find(set, str_from(k->kid), k->alg) == NULL) {
            abort();
        }
    }
    jwks_free(set);
    return 0;
}
