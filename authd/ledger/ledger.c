/* See ledger.h; writer and reader stand together. */
#include "ledger/ledger.h"

#include <stdio.h>
#include <string.h>

#include "base/ct.h"

void ledger_begin(struct ledger *l, const void *key)
{
    *l = (struct ledger){.lines = 0};
    memcpy(l->key, key, sizeof l->key);
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_read(struct str hex, uint8_t *out, size_t n)
{
    for (size_t i = 0; hex.n == 2 * n && i < n; i++) {
        int high = digit(hex.p[2 * i]);
        int low = digit(hex.p[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return hex.n == 2 * n;
}

enum err ledger_key_read(struct str hex, uint8_t out[LEDGER_KEY_SIZE])
{
    return hex_read(hex, out, LEDGER_KEY_SIZE)
               ? OK
               : fail(ERR_INPUT, "the ledger's key must be 64 hex digits: openssl rand -hex 32");
}

static void hex_write(const struct sha256 *mac, char out[LEDGER_MAC_HEX])
{
    for (size_t i = 0; i < sizeof mac->b; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", mac->b[i]);
    }
}

/* Over the line before and this one's text. */
static struct sha256 mac_of(const struct ledger *l, struct str text)
{
    char bytes[sizeof l->mac.b + LEDGER_LINE_MAX];
    memcpy(bytes, l->mac.b, sizeof l->mac.b);
    memcpy(bytes + sizeof l->mac.b, text.p, text.n);
    return hmac_sha256(l->key, sizeof l->key, str_of(bytes, sizeof l->mac.b + text.n));
}

struct str ledger_write(struct ledger *l, int64_t at, const char *id, char out[LEDGER_LINE_MAX])
{
    char hex[LEDGER_MAC_HEX];
    int n = snprintf(out, LEDGER_LINE_MAX, "%llu %lld %.36s", (unsigned long long)l->lines,
                     (long long)at, id);
    l->mac = mac_of(l, str_of(out, (size_t)n));
    l->lines++;
    hex_write(&l->mac, hex);
    n += snprintf(out + n, LEDGER_LINE_MAX - (size_t)n, " %s\n", hex);
    return str_of(out, (size_t)n);
}

static enum err does_not_follow(const struct ledger *l)
{
    return fail(ERR_INPUT,
                "line %llu of the ledger of erasures does not follow from those before it: it was "
                "altered, or the key is another one",
                (unsigned long long)l->lines + 1);
}

static bool is_uuid(struct str s)
{
    bool good = s.n == LEDGER_ID - 1;
    for (size_t i = 0; good && i < s.n; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        good = dash ? s.p[i] == '-' : digit(s.p[i]) >= 0;
    }
    return good;
}

enum err ledger_read(struct ledger *l, struct str line, struct ledger_line *out)
{
    struct str rest = line, number, at, id, mac;
    struct sha256 claimed;
    uint64_t n, seconds;
    if (line.n >= LEDGER_LINE_MAX || !str_split(&rest, ' ', &number) ||
        !str_split(&rest, ' ', &at) || !str_split(&rest, ' ', &id) ||
        !str_split(&rest, ' ', &mac) || rest.n != 0 ||
        !hex_read(mac, claimed.b, sizeof claimed.b)) {
        return does_not_follow(l);
    }
    struct sha256 made = mac_of(l, str_of(line.p, line.n - mac.n - 1));
    if (!ct_equal(made.b, claimed.b, sizeof made.b) || !str_u64(number, &n) || n != l->lines ||
        !str_u64(at, &seconds) || seconds > INT64_MAX || !is_uuid(id)) {
        return does_not_follow(l);
    }
    l->mac = made;
    l->lines++;
    *out = (struct ledger_line){.number = n, .at = (int64_t)seconds};
    memcpy(out->id, id.p, id.n);
    return OK;
}

void ledger_head(const struct ledger *l, char out[LEDGER_MAC_HEX])
{
    hex_write(&l->mac, out);
}
