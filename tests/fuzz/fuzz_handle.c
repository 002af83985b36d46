/* rooms: signer proc keystore jose base */
/* Handles, jti and ids as people send them: each has exactly one text. */
#include <stdlib.h>
#include "base/arena.h"
#include "signer/handle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[32] = {9};
    struct arena *a = arena_new(0);
    struct str text = str_of(data, size);
    struct handle h;
    struct uuid u;
    uint16_t bucket;
    if (handle_read(key, text, &h) == OK &&
        (h.bucket >= BUCKETS || !str_eq(handle_text(a, key, &h), text))) {
        abort();
    }
    if (jti_read(key, text, &bucket, &u) == OK && (bucket >= BUCKETS || text.n != 40)) {
        abort();
    }
    if (uuid_read(text, &u) == OK && !str_ieq(uuid_text(a, &u), text)) {
        abort();
    }
    arena_free(a);
    return 0;
}
