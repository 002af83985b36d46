/* rooms: jose base */
/* Compact JWS: foreign text is taken apart and judged with a key whose private half signed none of
 * it. */
#include <stdlib.h>
#include "base/arena.h"
#include "base/b64.h"
#include "base/buf.h"
#include "jose/jws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 7515 appendix A.3; the seed token of that appendix is the only one known to verify. */
#define KEYS                                                                                       \
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","                                                \
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","                                       \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct jwks *keys;
    if (keys == NULL && jwks_read(STR(KEYS), ALG_UNSET, &keys) != OK) {
        abort();
    }
    struct arena *a = arena_new(0);
    struct str token = str_of(data, size);
    struct jws jws;
    if (jws_parse(a, token, &jws) == OK) {
        struct buf b = buf_in(a);
        buf_add(&b, jws.signed_text);
        buf_byte(&b, '.');
        buf_b64(&b, jws.signature);
        if (!str_eq(buf_str(&b), token)) {
            abort();
        }
    }
    if (jws_open(a, token, keys, "JWT", &jws) == OK && jws.alg != ALG_ES256) {
        abort();
    }
    arena_free(a);
    return 0;
}
