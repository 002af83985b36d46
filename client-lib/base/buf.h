/* Growing text in an arena. */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include "base/arena.h"
#include "base/str.h"

struct buf {
    struct arena *arena;
    char *p;
    size_t n;
    size_t cap;
};

struct buf buf_in(struct arena *a);
struct buf buf_over(char *room, size_t n); /* in the caller's memory; more than n bytes are a bug */
void buf_room(struct buf *b, size_t n);    /* at least for n bytes more, in one piece */
void buf_add(struct buf *b, struct str s);
void buf_addz(struct buf *b, const char *z);
void buf_byte(struct buf *b, char c);
void buf_number(struct buf *b, int64_t value); /* decimal */
void buf_fmt(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_b64(struct buf *b, struct str bytes); /* base64url without padding */
void buf_percent(struct buf *b, struct str s); /* RFC 3986 unreserved kept, the rest %XX */
void buf_form(struct buf *b, const char *name, struct str value); /* [&]name=value, percent coded */
struct str buf_str(const struct buf *b);                          /* slice of what is there now */
const char *buf_z(struct buf *b); /* NUL terminated; later adds may move it */

#endif
