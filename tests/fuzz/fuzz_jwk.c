/* rooms: jose base */
/* A key that was read must be written and read again as the same key, without private members. */
#include <stdlib.h>
#include "jose/jwk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jwk *k = NULL;
    if (jwk_read_text(str_of(data, size), ALG_PS256, &k) != OK) {
        return 0;
    }
    struct jwk *again = NULL;
    json_t *object = NULL;
    struct sha256 thumbprint;
    if (!alg_fits(k->alg, k->key) || jwk_write(k->key, k->alg, str_from(k->kid), &object) != OK ||
        jwk_read(object, ALG_UNSET, &again) != OK || EVP_PKEY_eq(k->key, again->key) != 1 ||
        jwk_thumbprint(k->key, &thumbprint) != OK || json_object_get(object, "d") != NULL) {
        abort();
    }
    json_decref(object);
    jwk_free(again);
    jwk_free(k);
    return 0;
}
