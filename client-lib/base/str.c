/* Slices: comparing, splitting, numbers, UTF-8.  Must not read beyond n: there is no NUL. */
#include "base/str.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/err.h"

struct str str_from(const char *z)
{
    return z == NULL ? STR_NONE : (struct str){z, strlen(z)};
}

struct str str_of(const void *p, size_t n)
{
    return (struct str){p, n};
}

bool str_is(struct str s)
{
    return s.n > 0;
}

bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_eqz(struct str a, const char *z)
{
    return str_eq(a, str_from(z));
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool str_ieq(struct str a, struct str b)
{
    if (a.n != b.n) {
        return false;
    }
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.p[i]) != lower(b.p[i])) {
            return false;
        }
    }
    return true;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n &&
           (suffix.n == 0 || memcmp(s.p + (s.n - suffix.n), suffix.p, suffix.n) == 0);
}

size_t str_find(struct str s, char c)
{
    const char *at = s.n == 0 ? NULL : memchr(s.p, c, s.n);
    return at == NULL ? s.n : (size_t)(at - s.p);
}

bool str_has_byte(struct str s, char c)
{
    return str_find(s, c) < s.n;
}

bool str_split(struct str *rest, char sep, struct str *part)
{
    if (rest->p == NULL) {
        return false;
    }
    size_t at = str_find(*rest, sep);
    *part = (struct str){rest->p, at};
    if (at == rest->n) {
        *rest = STR_NONE;
    } else {
        *rest = (struct str){rest->p + at + 1, rest->n - at - 1};
    }
    return true;
}

bool str_word(struct str *rest, struct str *word)
{
    struct str part;
    while (str_split(rest, ' ', &part)) {
        if (part.n > 0) {
            *word = part;
            return true;
        }
    }
    return false;
}

bool str_words_have(struct str words, struct str word)
{
    struct str each;
    while (word.n > 0 && str_word(&words, &each)) {
        if (str_eq(each, word)) {
            return true;
        }
    }
    return false;
}

struct str str_trim(struct str s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) {
        s.n--;
    }
    return s;
}

bool str_u64(struct str s, uint64_t *out)
{
    if (s.n == 0 || s.n > 20 || (s.n > 1 && s.p[0] == '0')) {
        return false;
    }
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(s.p[i] - '0');
        if (v > (UINT64_MAX - digit) / 10) {
            return false;
        }
        v = v * 10 + digit;
    }
    *out = v;
    return true;
}

bool str_i64(struct str s, int64_t *out)
{
    uint64_t v;
    if (!str_u64(s, &v) || v > INT64_MAX) {
        return false;
    }
    *out = (int64_t)v;
    return true;
}

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* Length of the well-formed sequence at p (RFC 3629 section 4), 0 when there is none. */
static size_t utf8_sequence(const unsigned char *p, size_t n)
{
    unsigned char lead = p[0];
    if (lead < 0x80) {
        return lead != 0;
    }
    size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || n < length) {
        return 0;
    }
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return length;
}

bool str_utf8(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t left = s.n;
    while (left > 0) {
        uint64_t word;
        if (left >= sizeof(word)) {
            memcpy(&word, p, sizeof(word));
            bool has_nul = ((word - EACH_BYTE(0x01)) & ~word & EACH_BYTE(0x80)) != 0;
            if (!has_nul && (word & EACH_BYTE(0x80)) == 0) {
                p += sizeof(word);
                left -= sizeof(word);
                continue;
            }
        }
        size_t length = utf8_sequence(p, left);
        if (length == 0) {
            return false;
        }
        p += length;
        left -= length;
    }
    return true;
}

struct str str_dup(struct arena *a, struct str s)
{
    return s.p == NULL ? STR_NONE : (struct str){str_z(a, s), s.n};
}

char *str_z(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);
    if (s.n > 0) {
        memcpy(p, s.p, s.n);
    }
    return p;
}

struct str str_fmt(struct arena *a, const char *format, ...)
{
    char small[256];
    va_list args;
    va_list again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(small, sizeof(small), format, args);
    va_end(args);
    if (n < 0) {
        bug("str_fmt: bad format");
    }
    size_t size = (size_t)n + 1;
    char *p = arena_alloc(a, size);
    if (size <= sizeof(small)) {
        memcpy(p, small, size);
    } else {
        vsnprintf(p, size, format, again);
    }
    va_end(again);
    return (struct str){p, (size_t)n};
}
