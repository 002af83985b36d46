/* Reading the frames of pictures, as far as kind and size.  Must not decode a picture. */
#include "registration/logo.h"
#include <string.h>
#include "base/arena.h"
#include "base/b64.h"
#include "base/hash.h"
#include "base/hex.h"

static uint32_t byte_at(struct str s, size_t i)
{
    return (unsigned char)s.p[i];
}

static uint32_t big16(struct str s, size_t i)
{
    return byte_at(s, i) << 8 | byte_at(s, i + 1);
}

static uint32_t little24(struct str s, size_t i)
{
    return byte_at(s, i) | byte_at(s, i + 1) << 8 | byte_at(s, i + 2) << 16;
}

static bool has_at(struct str s, size_t at, const char *bytes, size_t n)
{
    return s.n >= at + n && memcmp(s.p + at, bytes, n) == 0;
}

static bool measure_png(struct str s, uint32_t *width, uint32_t *height)
{
    if (!has_at(s, 0, "\x89PNG\r\n\x1a\n", 8) || !has_at(s, 12, "IHDR", 4) || s.n < 33) {
        return false;
    }
    *width = big16(s, 16) << 16 | big16(s, 18);
    *height = big16(s, 20) << 16 | big16(s, 22);
    return has_at(s, s.n - 8, "IEND", 4);
}

/* Segment by segment to the first frame header (SOF). */
static bool measure_jpeg(struct str s, uint32_t *width, uint32_t *height)
{
    if (!has_at(s, 0, "\xFF\xD8\xFF", 3) || !has_at(s, s.n - 2, "\xFF\xD9", 2)) {
        return false;
    }
    for (size_t at = 2; at + 9 < s.n;) {
        uint32_t marker = byte_at(s, at + 1);
        if (byte_at(s, at) != 0xFF || marker == 0xDA || marker == 0xD9) {
            return false;
        }
        bool frame =
            marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
        if (frame) {
            *height = big16(s, at + 5);
            *width = big16(s, at + 7);
            return true;
        }
        uint32_t length = big16(s, at + 2);
        if (length < 2) {
            return false;
        }
        at += 2 + length;
    }
    return false;
}

/* spec: RFC 9649 §2.4 to §2.7 the three first chunks a file may have */
static bool measure_webp(struct str s, uint32_t *width, uint32_t *height)
{
    if (!has_at(s, 0, "RIFF", 4) || !has_at(s, 8, "WEBP", 4) || s.n < 30) {
        return false;
    }
    if (has_at(s, 12, "VP8X", 4)) {
        *width = little24(s, 24) + 1;
        *height = little24(s, 27) + 1;
        return true;
    }
    if (has_at(s, 12, "VP8 ", 4) && has_at(s, 23, "\x9D\x01\x2A", 3)) {
        *width = (byte_at(s, 26) | byte_at(s, 27) << 8) & 0x3FFF;
        *height = (byte_at(s, 28) | byte_at(s, 29) << 8) & 0x3FFF;
        return true;
    }
    if (has_at(s, 12, "VP8L", 4) && byte_at(s, 20) == 0x2F) {
        uint32_t bits = little24(s, 21) | byte_at(s, 24) << 24;
        *width = (bits & 0x3FFF) + 1;
        *height = (bits >> 14 & 0x3FFF) + 1;
        return true;
    }
    return false;
}

bool logo_measure(struct str bytes, const char **kind, uint32_t *width, uint32_t *height)
{
    if (bytes.n < 12) {
        return false;
    }
    *kind = "png";
    if (measure_png(bytes, width, height)) {
        return true;
    }
    *kind = "jpeg";
    if (measure_jpeg(bytes, width, height)) {
        return true;
    }
    *kind = "webp";
    return measure_webp(bytes, width, height);
}

static bool side_fits(uint32_t side)
{
    return side >= LOGO_SIDE_MIN && side <= LOGO_SIDE_MAX;
}

static struct str hex_name(struct arena *a, struct str bytes, const char *kind)
{
    struct sha256 hash = sha256(bytes);
    char hex[2 * sizeof(hash.b)];
    hex_write(hash.b, sizeof(hash.b), hex);
    return str_fmt(a, "%.*s.%s", (int)sizeof(hex), hex, kind);
}

enum err logo_read(struct arena *a, struct str base64, struct logo *out)
{
    struct logo logo;
    const char *kind;
    uint32_t width = 0, height = 0;
    if (base64.n > LOGO_BYTES_MAX / 3 * 4 + 4 || b64_decode_std(a, base64, &logo.bytes) != OK ||
        logo.bytes.n > LOGO_BYTES_MAX) {
        return fail(ERR_INPUT,
                    "logo: give base64 (with padding, no line breaks) of at most 32 KiB");
    }
    if (!logo_measure(logo.bytes, &kind, &width, &height)) {
        return fail(ERR_INPUT, "logo: not a complete PNG, JPEG or WebP picture");
    }
    if (!side_fits(width) || !side_fits(height)) {
        return fail(ERR_INPUT, "logo: %u by %u pixels; each side must have %d to %d", width, height,
                    LOGO_SIDE_MIN, LOGO_SIDE_MAX);
    }
    logo.name = hex_name(a, logo.bytes, kind);
    *out = logo;
    return OK;
}

const char *logo_type_of_name(struct str name)
{
    static const struct {
        const char *end, *type;
    } kinds[] = {{".png", "image/png"}, {".jpeg", "image/jpeg"}, {".webp", "image/webp"}};
    for (size_t i = 0; i < 64; i++) {
        if (i >= name.n ||
            !((name.p[i] >= '0' && name.p[i] <= '9') || (name.p[i] >= 'a' && name.p[i] <= 'f'))) {
            return NULL;
        }
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (str_eqz(str_of(name.p + 64, name.n - 64), kinds[i].end)) {
            return kinds[i].type;
        }
    }
    return NULL;
}
