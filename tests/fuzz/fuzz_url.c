/* rooms: base */
/* URLs: the parts, put together again, are the input. */
#include <stdlib.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_part(struct buf *b, char mark, struct str part)
{
    if (part.p != NULL) {
        buf_byte(b, mark);
        buf_add(b, part);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_of(data, size);
    struct url u;
    if (url_parse(text, &u) != OK) {
        return 0;
    }
    struct arena *a = arena_new(0);
    struct buf b = buf_in(a);
    buf_add(&b, u.scheme);
    buf_addz(&b, "://");
    buf_add(&b, u.host);
    add_part(&b, ':', u.port);
    buf_add(&b, u.path);
    add_part(&b, '?', u.query);
    add_part(&b, '#', u.fragment);
    if (!str_eq(buf_str(&b), text)) {
        abort();
    }
    (void)url_is_loopback(&u);
    arena_free(a);
    return 0;
}
