/* Base 64 by arithmetic instead of tables: neither the time nor the touched memory tells anything
 * about the characters, because keys and codes pass through here.
 * spec: RFC 7515 §2 MUST base64url without padding, line breaks or other characters. */
#include "base/b64.h"
#include <endian.h>
#include <string.h>
#include "base/arena.h"

#define WIDE 16
#define PACKED (WIDE * 6 / 8)

/* Sixteen characters at once, in the registers every machine of ours has; comparisons give 0 or -1
 * in each byte. */
typedef unsigned char wide __attribute__((vector_size(WIDE)));

/* Values below 64 to their characters. */
static wide to_chars(wide x)
{
    wide c = x + 'A';
    c += (wide)(x > 25) & 6;  /* a-z */
    c -= (wide)(x > 51) & 75; /* 0-9 */
    c -= (wide)(x > 61) & 13; /* '-' */
    c += (wide)(x > 62) & 49; /* '_' */
    return c;
}

/* Six bytes to eight values of six bits, the first in the lowest byte. */
static uint64_t unpack8(const unsigned char *p)
{
    uint64_t fours = (uint64_t)p[0] << 16 | (uint64_t)p[1] << 8 | p[2] | (uint64_t)p[3] << 48 |
                     (uint64_t)p[4] << 40 | (uint64_t)p[5] << 32;
    uint64_t pairs =
        (fours >> 12 & UINT64_C(0x00000fff00000fff)) | (fours & UINT64_C(0x00000fff00000fff)) << 16;
    return (pairs >> 6 & UINT64_C(0x003f003f003f003f)) | (pairs & UINT64_C(0x003f003f003f003f))
                                                             << 8;
}

static void encode_wide(const unsigned char packed[PACKED], char out[WIDE])
{
    uint64_t halves[2] = {htole64(unpack8(packed)), htole64(unpack8(packed + PACKED / 2))};
    wide x;
    memcpy(&x, halves, sizeof(x));
    x = to_chars(x);
    memcpy(out, &x, sizeof(x));
}

/* What the characters of one range stand for: they count from `value`.  Other bytes become 0. */
static wide count_from(wide x, unsigned char low, unsigned char high, unsigned char value,
                       wide *known)
{
    wide in = (wide)((x >= low) & (x <= high));
    *known |= in;
    return (wide)(x - low + value) & in;
}

/* The values of sixteen characters; in *bad what is none of the alphabet, whose last two characters
 * are given. */
static wide from_chars(wide x, unsigned char c62, unsigned char c63, wide *bad)
{
    wide known = {0};
    wide values = count_from(x, 'A', 'Z', 0, &known) | count_from(x, 'a', 'z', 26, &known) |
                  count_from(x, '0', '9', 52, &known) | count_from(x, c62, c62, 62, &known) |
                  count_from(x, c63, c63, 63, &known);
    *bad |= ~known;
    return values;
}

/* Eight values of six bits, the first in the lowest byte, to six bytes. */
static void pack8(uint64_t values, unsigned char *out)
{
    uint64_t pairs =
        (values & UINT64_C(0x00ff00ff00ff00ff)) << 6 | (values >> 8 & UINT64_C(0x00ff00ff00ff00ff));
    uint64_t fours =
        (pairs & UINT64_C(0x0000ffff0000ffff)) << 12 | (pairs >> 16 & UINT64_C(0x0000ffff0000ffff));
    out[0] = (unsigned char)(fours >> 16);
    out[1] = (unsigned char)(fours >> 8);
    out[2] = (unsigned char)fours;
    out[3] = (unsigned char)(fours >> 48);
    out[4] = (unsigned char)(fours >> 40);
    out[5] = (unsigned char)(fours >> 32);
}

static void pack(wide values, unsigned char out[PACKED])
{
    uint64_t halves[2];
    memcpy(halves, &values, sizeof(halves));
    pack8(le64toh(halves[0]), out);
    pack8(le64toh(halves[1]), out + 6);
}

size_t b64_encode(const void *bytes, size_t n, char *out)
{
    const unsigned char *p = bytes;
    char *at = out;
    for (; n >= PACKED; n -= PACKED, p += PACKED, at += WIDE) {
        encode_wide(p, at);
    }
    if (n > 0) {
        unsigned char packed[PACKED] = {0};
        char chars[WIDE];
        size_t take = (n * 8 + 5) / 6;
        memcpy(packed, p, n);
        encode_wide(packed, chars);
        memcpy(at, chars, take);
        at += take;
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

/* What lacks to a whole group is taken for 'A', which stands for 0; what then lies behind the last
 * byte are the unused bits of the last character, and must be 0. */
static bool decode(struct str text, char c62, char c63, unsigned char *at)
{
    unsigned char packed[PACKED];
    char chars[WIDE];
    wide bad = {0};
    wide x;
    unsigned char unused = 0;
    const char *p = text.p;
    for (size_t n = text.n; n > 0;) {
        size_t take = n < WIDE ? n : WIDE;
        size_t bytes = take * 6 / 8;
        memset(chars, 'A', sizeof(chars));
        memcpy(chars, p, take);
        memcpy(&x, chars, sizeof(x));
        pack(from_chars(x, (unsigned char)c62, (unsigned char)c63, &bad), packed);
        memcpy(at, packed, bytes);
        for (size_t i = bytes; i < sizeof(packed); i++) {
            unused |= packed[i];
        }
        p += take;
        at += bytes;
        n -= take;
    }
    for (size_t i = 0; i < WIDE; i++) {
        unused |= bad[i];
    }
    return unused == 0;
}

static enum err decode_in(struct arena *a, struct str text, char c62, char c63, struct str *out)
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
