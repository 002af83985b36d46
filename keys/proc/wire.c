/* The coding of what our processes say to each other; see wire.h.  Reader and writer of each kind
 * of field stand together.  Nothing here may trust a length before comparing it with what is left.
 */
#include "proc/wire.h"

#include <string.h>

#define ABSENT UINT32_MAX

static void put_be(struct buf *b, uint64_t v, size_t n)
{
    char bytes[8];
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (char)(uint8_t)(v >> (8 * (n - 1 - i)));
    }
    buf_add(b, str_of(bytes, n));
}

static uint64_t read_be(struct wire *w, size_t n)
{
    if (w->broken || w->rest.n < n) {
        w->broken = true;
        return 0;
    }
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        v = v << 8 | (uint8_t)w->rest.p[i];
    }
    w->rest = str_of(w->rest.p + n, w->rest.n - n);
    return v;
}

struct wire wire_read(struct str bytes)
{
    return (struct wire){.rest = bytes};
}

void wire_put_u8(struct buf *b, uint8_t v)
{
    put_be(b, v, 1);
}

uint8_t wire_u8(struct wire *w)
{
    return (uint8_t)read_be(w, 1);
}

void wire_put_u32(struct buf *b, uint32_t v)
{
    put_be(b, v, 4);
}

uint32_t wire_u32(struct wire *w)
{
    return (uint32_t)read_be(w, 4);
}

void wire_put_u64(struct buf *b, uint64_t v)
{
    put_be(b, v, 8);
}

uint64_t wire_u64(struct wire *w)
{
    return read_be(w, 8);
}

void wire_put_i64(struct buf *b, int64_t v)
{
    put_be(b, (uint64_t)v, 8);
}

int64_t wire_i64(struct wire *w)
{
    uint64_t v = read_be(w, 8);
    int64_t out;
    memcpy(&out, &v, sizeof out);
    return out;
}

void wire_put_str(struct buf *b, struct str s)
{
    if (s.p == NULL) {
        wire_put_u32(b, ABSENT);
        return;
    }
    if (s.n >= ABSENT) {
        bug("wire: %zu bytes in one field", s.n);
    }
    wire_put_u32(b, (uint32_t)s.n);
    buf_add(b, s);
}

struct str wire_str(struct wire *w)
{
    uint32_t n = wire_u32(w);
    if (w->broken || n == ABSENT) {
        return STR_NONE;
    }
    if (w->rest.n < n) {
        w->broken = true;
        return STR_NONE;
    }
    struct str out = str_of(w->rest.p, n);
    w->rest = str_of(w->rest.p + n, w->rest.n - n);
    return out;
}

void wire_put_fixed(struct buf *b, const void *p, size_t n)
{
    buf_add(b, str_of(p, n));
}

void wire_fixed(struct wire *w, void *out, size_t n)
{
    if (w->broken || w->rest.n < n) {
        w->broken = true;
        memset(out, 0, n);
        return;
    }
    if (n > 0) {
        memcpy(out, w->rest.p, n);
    }
    w->rest = str_of(w->rest.p + n, w->rest.n - n);
}

enum err wire_done(const struct wire *w)
{
    if (w->broken) {
        return fail(ERR_INPUT, "wire: the message ends too early");
    }
    if (w->rest.n > 0) {
        return fail(ERR_INPUT, "wire: %zu bytes too many", w->rest.n);
    }
    return OK;
}
