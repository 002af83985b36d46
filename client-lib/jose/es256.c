/* spec: RFC 7518 §3.4 MUST r and s as big-endian octets of 32 bytes each, not shortened */
#include "jose/es256.h"
#include <string.h>

#define HALF (ES256_SIZE / 2)
#define DER_SEQUENCE 0x30
#define DER_INTEGER 0x02

/* One INTEGER: no leading zeros except the one that keeps it positive. */
static size_t integer_write(const uint8_t half[HALF], uint8_t *out)
{
    size_t skip = 0;
    while (skip < HALF - 1 && half[skip] == 0) {
        skip++;
    }
    size_t pad = half[skip] >> 7;
    size_t n = HALF - skip;
    out[0] = DER_INTEGER;
    out[1] = (uint8_t)(n + pad);
    out[2] = 0;
    memcpy(out + 2 + pad, half + skip, n);
    return 2 + pad + n;
}

size_t es256_to_der(const uint8_t raw[ES256_SIZE], uint8_t *out)
{
    size_t n = integer_write(raw, out + 2);
    n += integer_write(raw + HALF, out + 2 + n);
    out[0] = DER_SEQUENCE;
    out[1] = (uint8_t)n;
    return 2 + n;
}

/* Takes one INTEGER of at most HALF bytes off *rest. */
static bool integer_read(struct str *rest, uint8_t half[HALF])
{
    const uint8_t *p = (const uint8_t *)rest->p;
    if (rest->n < 3 || p[0] != DER_INTEGER || p[1] == 0 || p[1] > HALF + 1 || rest->n < 2u + p[1]) {
        return false;
    }
    const uint8_t *digits = p + 2;
    size_t n = p[1];
    bool negative = digits[0] >> 7;
    bool padded = n > 1 && digits[0] == 0;
    if (negative || (padded && digits[1] >> 7 == 0)) {
        return false;
    }
    *rest = str_of(digits + n, rest->n - 2 - n);
    if (padded) {
        digits++;
        n--;
    }
    if (n > HALF) {
        return false;
    }
    memset(half, 0, HALF - n);
    memcpy(half + HALF - n, digits, n);
    return true;
}

enum err es256_from_der(struct str der, uint8_t out[ES256_SIZE])
{
    uint8_t raw[ES256_SIZE];
    const uint8_t *p = (const uint8_t *)der.p;
    if (der.n < 2 || der.n > ES256_DER_MAX || p[0] != DER_SEQUENCE || p[1] != der.n - 2) {
        return fail(ERR_CRYPTO, "es256: not a DER sequence");
    }
    struct str rest = str_of(p + 2, der.n - 2);
    if (!integer_read(&rest, raw) || !integer_read(&rest, raw + HALF) || rest.n != 0) {
        return fail(ERR_CRYPTO, "es256: not two DER integers");
    }
    memcpy(out, raw, ES256_SIZE);
    return OK;
}
