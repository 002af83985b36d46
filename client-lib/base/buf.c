/* Growing text.  Growth doubles, so that n bytes cost O(n); outgrown pieces stay in the arena until
 * it is wiped.  Must not be used after the arena was reset. */
#include "base/buf.h"
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "base/b64.h"
#include "base/err.h"

#define FIRST_SIZE 128

struct buf buf_in(struct arena *a)
{
    return (struct buf){.arena = a};
}

struct buf buf_over(char *room, size_t n)
{
    return (struct buf){.p = room, .cap = n};
}

/* Room for `more` bytes behind n. */
static char *reserve(struct buf *b, size_t more)
{
    if (b->p != NULL && more <= b->cap - b->n) {
        return b->p + b->n;
    }
    if (more > SIZE_MAX / 4 - b->n || b->arena == NULL) {
        bug("buf: %zu more bytes", more);
    }
    size_t cap = b->cap == 0 ? FIRST_SIZE : b->cap * 2;
    while (cap < b->n + more) {
        cap *= 2;
    }
    char *p = arena_alloc(b->arena, cap);
    if (b->n > 0) {
        memcpy(p, b->p, b->n);
    }
    b->p = p;
    b->cap = cap;
    return p + b->n;
}

void buf_room(struct buf *b, size_t n)
{
    (void)reserve(b, n);
}

void buf_add(struct buf *b, struct str s)
{
    if (s.n == 0) {
        return;
    }
    memcpy(reserve(b, s.n), s.p, s.n);
    b->n += s.n;
}

void buf_addz(struct buf *b, const char *z)
{
    buf_add(b, str_from(z));
}

void buf_byte(struct buf *b, char c)
{
    *reserve(b, 1) = c;
    b->n++;
}

void buf_number(struct buf *b, int64_t value)
{
    char text[24];
    char *at = text + sizeof(text);
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0) {
        *--at = '-';
    }
    buf_add(b, str_of(at, (size_t)(text + sizeof(text) - at)));
}

void buf_fmt(struct buf *b, const char *format, ...)
{
    va_list args;
    va_list again;
    va_start(args, format);
    va_copy(again, args);
    char *at = reserve(b, 64);
    size_t room = b->cap - b->n;
    int n = vsnprintf(at, room, format, args);
    va_end(args);
    if (n < 0) {
        bug("buf_fmt: bad format");
    }
    if ((size_t)n >= room) {
        at = reserve(b, (size_t)n + 1);
        vsnprintf(at, (size_t)n + 1, format, again);
    }
    va_end(again);
    b->n += (size_t)n;
}

void buf_b64(struct buf *b, struct str bytes)
{
    b->n += b64_encode(bytes.p, bytes.n, reserve(b, B64_SIZE(bytes.n)));
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void buf_percent(struct buf *b, struct str s)
{
    static const char hex[] = "0123456789ABCDEF";
    if (s.n > SIZE_MAX / 16) {
        bug("buf_percent: %zu bytes", s.n);
    }
    char *at = reserve(b, s.n * 3);
    const char *start = at;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (is_unreserved(c)) {
            *at++ = (char)c;
        } else {
            *at++ = '%';
            *at++ = hex[c >> 4];
            *at++ = hex[c & 15];
        }
    }
    b->n += (size_t)(at - start);
}

void buf_form(struct buf *b, const char *name, struct str value)
{
    if (b->n > 0) {
        buf_byte(b, '&');
    }
    buf_percent(b, str_from(name));
    buf_byte(b, '=');
    buf_percent(b, value);
}

struct str buf_str(const struct buf *b)
{
    return b->p == NULL ? STR("") : (struct str){b->p, b->n};
}

const char *buf_z(struct buf *b)
{
    *reserve(b, 1) = '\0';
    return b->p;
}
