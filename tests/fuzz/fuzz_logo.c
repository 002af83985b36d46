/* rooms: registration base */
/* A logo: what is measured lies within the file, and nothing else is accepted. */
#include <stdlib.h>
#include "base/arena.h"
#include "base/b64.h"
#include "registration/logo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct logo logo;
    const char *kind;
    uint32_t width, height;
    (void)logo_measure(str_of(data, size), &kind, &width, &height);
    if (logo_read(a, str_of(data, size), &logo) == OK &&
        (logo.bytes.n > LOGO_BYTES_MAX || logo_type_of_name(logo.name) == NULL)) {
        abort();
    }
    arena_free(a);
    return 0;
}
