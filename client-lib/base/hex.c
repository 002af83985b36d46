/* See hex.h. */
#include "base/hex.h"

#include <stdint.h>

int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

int hex_byte(struct str s, size_t i)
{
    if (s.n < 2 || i > s.n - 2) {
        return -1;
    }
    int high = hex_digit(s.p[i]), low = hex_digit(s.p[i + 1]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

void hex_write(const void *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *b = bytes;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[b[i] >> 4];
        out[2 * i + 1] = digits[b[i] & 15];
    }
}
