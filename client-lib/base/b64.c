/* Base 64 by arithmetic instead of tables: neither the time nor the touched memory tells anything
 * about the characters, because keys and codes pass through here.
 * spec: RFC 7515 §2 MUST base64url without padding, line breaks or other characters. */
#include "base/b64.h"
#include "base/arena.h"

/* All ones when low <= c <= high, else 0. */
static int within(int c, int low, int high)
{
    return ((low - 1 - c) & (c - high - 1)) >> 8;
}

static char to_char(unsigned six_bits)
{
    int x = (int)(six_bits & 63);
    int c = x + 'A';
    c += ((25 - x) >> 8) & 6;  /* a-z */
    c -= ((51 - x) >> 8) & 75; /* 0-9 */
    c -= ((61 - x) >> 8) & 13; /* '-' */
    c += ((62 - x) >> 8) & 49; /* '_' */
    return (char)c;
}

/* -1 when c is no character of the alphabet whose last two are given. */
static int from_char(char character, int c62, int c63)
{
    int c = (unsigned char)character;
    int x = -1;
    x += within(c, 'A', 'Z') & (c - 'A' + 1);
    x += within(c, 'a', 'z') & (c - 'a' + 27);
    x += within(c, '0', '9') & (c - '0' + 53);
    x += within(c, c62, c62) & 63;
    x += within(c, c63, c63) & 64;
    return x;
}

size_t b64_encode(const void *bytes, size_t n, char *out)
{
    const unsigned char *p = bytes;
    char *at = out;
    for (; n >= 3; n -= 3, p += 3) {
        unsigned v = (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];
        *at++ = to_char(v >> 18);
        *at++ = to_char(v >> 12);
        *at++ = to_char(v >> 6);
        *at++ = to_char(v);
    }
    if (n == 2) {
        unsigned v = (unsigned)p[0] << 10 | (unsigned)p[1] << 2;
        *at++ = to_char(v >> 12);
        *at++ = to_char(v >> 6);
        *at++ = to_char(v);
    } else if (n == 1) {
        unsigned v = (unsigned)p[0] << 4;
        *at++ = to_char(v >> 6);
        *at++ = to_char(v);
    }
    return (size_t)(at - out);
}

struct str b64_str(struct arena *a, struct str bytes)
{
    char *p = arena_alloc(a, B64_SIZE(bytes.n) + 1);
    return (struct str){p, b64_encode(bytes.p, bytes.n, p)};
}

/* Bytes that n characters without padding stand for; false when no number of bytes gives n. */
static bool decoded_size(size_t n, size_t *out)
{
    if (n % 4 == 1) {
        return false;
    }
    *out = n / 4 * 3 + (n % 4 == 0 ? 0 : n % 4 - 1);
    return true;
}

/* `bad` collects the sign bit of every character and the unused bits of the last one. */
static bool decode(struct str text, int c62, int c63, unsigned char *at)
{
    int bad = 0;
    const char *p = text.p;
    size_t n = text.n;
    for (; n >= 4; n -= 4, p += 4) {
        int v0 = from_char(p[0], c62, c63);
        int v1 = from_char(p[1], c62, c63);
        int v2 = from_char(p[2], c62, c63);
        int v3 = from_char(p[3], c62, c63);
        bad |= v0 | v1 | v2 | v3;
        unsigned v = ((unsigned)v0 & 63) << 18 | ((unsigned)v1 & 63) << 12 |
                     ((unsigned)v2 & 63) << 6 | ((unsigned)v3 & 63);
        *at++ = (unsigned char)(v >> 16);
        *at++ = (unsigned char)(v >> 8);
        *at++ = (unsigned char)v;
    }
    if (n >= 2) {
        int v0 = from_char(p[0], c62, c63);
        int v1 = from_char(p[1], c62, c63);
        int v2 = n == 3 ? from_char(p[2], c62, c63) : 0;
        int unused = n == 3 ? v2 & 3 : v1 & 15;
        bad |= v0 | v1 | v2 | -unused;
        unsigned v =
            ((unsigned)v0 & 63) << 18 | ((unsigned)v1 & 63) << 12 | ((unsigned)v2 & 63) << 6;
        *at++ = (unsigned char)(v >> 16);
        if (n == 3) {
            *at++ = (unsigned char)(v >> 8);
        }
    }
    return bad >= 0;
}

static enum err decode_in(struct arena *a, struct str text, int c62, int c63, struct str *out)
{
    size_t size;
    if (!decoded_size(text.n, &size)) {
        return fail(ERR_INPUT, "base64: impossible length %zu", text.n);
    }
    unsigned char *p = arena_alloc(a, size + 1);
    if (!decode(text, c62, c63, p)) {
        return fail(ERR_INPUT, "base64: foreign character or non-canonical end");
    }
    *out = str_of(p, size);
    return OK;
}

enum err b64_decode(struct arena *a, struct str text, struct str *out)
{
    return decode_in(a, text, '-', '_', out);
}

enum err b64_decode_exact(struct str text, void *out, size_t n)
{
    size_t size;
    if (!decoded_size(text.n, &size) || size != n) {
        return fail(ERR_INPUT, "base64: %zu characters are not %zu bytes", text.n, n);
    }
    if (!decode(text, '-', '_', out)) {
        return fail(ERR_INPUT, "base64: foreign character or non-canonical end");
    }
    return OK;
}

enum err b64_decode_std(struct arena *a, struct str text, struct str *out)
{
    /* spec: RFC 4648 §3.2 MUST include padding, §3.5 unused bits zero */
    if (text.n % 4 != 0) {
        return fail(ERR_INPUT, "base64: length %zu lacks padding", text.n);
    }
    for (int i = 0; i < 2 && text.n > 0 && text.p[text.n - 1] == '='; i++) {
        text.n--;
    }
    return decode_in(a, text, '+', '/', out);
}
