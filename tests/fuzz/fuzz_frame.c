/* rooms: proc base */
/* Frames: what can be taken apart to its end is put together the same. */
#include <stdlib.h>
#include "base/arena.h"
#include "proc/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct str frame = str_of(data, size), rest = frame;
    struct buf b = buf_in(a);
    struct message m;
    bool broken = false;
    while (frame_next(&rest, &m, &broken)) {
        if (m.payload.n > FRAME_MESSAGE_MAX || frame_put(&b, &m) != OK) {
            abort();
        }
    }
    if (!broken && !str_eq(buf_str(&b), frame)) {
        abort();
    }
    arena_free(a);
    return 0;
}
