/* rooms: process base */
/* Control messages: what can be read is written the same again. */
#include <stdlib.h>
#include "base/arena.h"
#include "process/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct str bytes, const struct buf *b)
{
    if (!str_eq(bytes, buf_str(b))) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct str bytes = str_of(data, size);
    struct control_start start;
    struct control_channel channel;
    struct control_tls tls;
    struct control_cut_off cut_off;
    struct buf b = buf_in(a);
    if (get_control_start(bytes, &start) == OK) {
        put_control_start(&b, &start);
        same(bytes, &b);
    }
    b = buf_in(a);
    if (get_control_channel(bytes, &channel) == OK) {
        put_control_channel(&b, &channel);
        same(bytes, &b);
    }
    b = buf_in(a);
    if (get_control_tls(bytes, &tls) == OK) {
        put_control_tls(&b, &tls);
        same(bytes, &b);
    }
    b = buf_in(a);
    if (get_control_cut_off(bytes, &cut_off) == OK) {
        put_control_cut_off(&b, &cut_off);
        same(bytes, &b);
    }
    arena_free(a);
    return 0;
}
