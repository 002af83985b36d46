/* rooms: signer proc keystore jose base */
/* Messages to and from the signer: the first byte chooses which.  What can be read is written back
 * the same. */
#include <stdlib.h>
#include "base/arena.h"
#include "signer/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define X(type)                                                                                    \
    static void try_##type(struct arena *a, struct str bytes)                                      \
    {                                                                                              \
        struct type m;                                                                             \
        struct buf b = buf_in(a);                                                                  \
        if (get_##type(a, bytes, &m) == OK) {                                                      \
            put_##type(&b, &m);                                                                    \
            if (!str_eq(buf_str(&b), bytes)) {                                                     \
                abort();                                                                           \
            }                                                                                      \
        }                                                                                          \
    }
SIGNER_MESSAGES(X)
#undef X

static void (*const messages[])(struct arena *a, struct str bytes) = {
#define X(type) try_##type,
    SIGNER_MESSAGES(X)
#undef X
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct arena *a = arena_new(0);
    messages[data[0] % (sizeof messages / sizeof messages[0])](a, str_of(data + 1, size - 1));
    arena_free(a);
    return 0;
}
