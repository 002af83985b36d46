/* The coding of everything our processes say to each other: fixed-order fields, no names, no
 * padding.
 *
 *   u8, u32, u64 big endian; bytes: u32 length and the bytes; absent bytes: length 0xffffffff.
 *
 * A reader never reads beyond its slice; the first failure makes every later read fail too, so
 * callers read all fields and ask wire_done() once.  Every decoder has a fuzz target. */
#ifndef PROC_WIRE_H
#define PROC_WIRE_H
#include "base/buf.h"
#include "base/err.h"

void wire_put_u8(struct buf *b, uint8_t v);
void wire_put_u32(struct buf *b, uint32_t v);
void wire_put_u64(struct buf *b, uint64_t v);
void wire_put_i64(struct buf *b, int64_t v);
void wire_put_str(struct buf *b, struct str s);              /* keeps "absent" and "empty" apart */
void wire_put_fixed(struct buf *b, const void *p, size_t n); /* n known to both sides */

struct wire {
    struct str rest;
    bool broken;
};
struct wire wire_read(struct str bytes);
uint8_t wire_u8(struct wire *w);
uint32_t wire_u32(struct wire *w);
uint64_t wire_u64(struct wire *w);
int64_t wire_i64(struct wire *w);
struct str wire_str(struct wire *w); /* slice of the input */
void wire_fixed(struct wire *w, void *out, size_t n);
/* ERR_INPUT when anything was missing or something is left over. */
CHECKED enum err wire_done(const struct wire *w);

#endif
