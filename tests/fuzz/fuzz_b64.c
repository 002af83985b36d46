/* rooms: base */
/* base64url: what decodes must encode to the very same text, else two spellings would mean one
 * thing. */
#include <stdlib.h>
#include "base/arena.h"
#include "base/b64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct str text = str_of(data, size);
    struct str out;
    if (b64_decode(a, text, &out) == OK && !str_eq(b64_str(a, out), text)) {
        abort();
    }
    if (b64_decode(a, b64_str(a, text), &out) != OK || !str_eq(out, text)) {
        abort();
    }
    if (b64_decode_std(a, text, &out) == OK && out.n > size / 4 * 3) {
        abort();
    }
    arena_free(a);
    return 0;
}
