/* rooms: sso */
/* User-Agent headers: whatever they say, only words of ours come out. */
#include <stdlib.h>
#include <string.h>
#include "sso/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct str out = device_of(a, str_of(data, size));
    if (out.n > 40 || str_has_byte(out, '<') || !str_utf8(out)) {
        abort();
    }
    arena_free(a);
    return 0;
}
