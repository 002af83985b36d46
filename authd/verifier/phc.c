/* PHC strings (the password hashing competition's string format) for Argon2id version 1.3, RFC
 * 9106. Must not accept what it would not write: a second spelling of a verifier is a defect
 * somewhere. */
#include "verifier/phc.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_base64(struct buf *b, const uint8_t *bytes, size_t n)
{
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < n; i++) {
        bits = bits << 8 | bytes[i];
        for (have += 8; have >= 6; have -= 6) {
            buf_byte(b, ALPHABET[bits >> (have - 6) & 63]);
        }
    }
    if (have > 0) {
        buf_byte(b, ALPHABET[bits << (6 - have) & 63]);
    }
}

/* false for other characters, more than max bytes, or a last character with bits that no byte has.
 */
static bool take_base64(struct str text, uint8_t *out, size_t max, size_t *n)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t made = 0;
    for (size_t i = 0; i < text.n; i++) {
        const char *at = text.p[i] != '\0' ? strchr(ALPHABET, text.p[i]) : NULL;
        if (at == NULL) {
            return false;
        }
        bits = bits << 6 | (uint32_t)(at - ALPHABET);
        have += 6;
        if (have >= 8) {
            if (made == max) {
                return false;
            }
            have -= 8;
            out[made++] = (uint8_t)(bits >> have);
        }
    }
    *n = made;
    return have < 6 && (bits & ((1u << have) - 1)) == 0;
}

static bool take_literal(struct str *rest, struct str literal)
{
    if (!str_starts(*rest, literal)) {
        return false;
    }
    *rest = str_of(rest->p + literal.n, rest->n - literal.n);
    return true;
}

/* A number up to `end`, which is taken too. */
static bool take_number(struct str *rest, char end, uint32_t *out)
{
    size_t at = str_find(*rest, end);
    uint64_t v;
    if (at == rest->n || !str_u64(str_of(rest->p, at), &v) || v > UINT32_MAX) {
        return false;
    }
    *rest = str_of(rest->p + at + 1, rest->n - at - 1);
    *out = (uint32_t)v;
    return true;
}

bool phc_cost_allowed(const struct phc_cost *c)
{
    return c->lanes >= 1 && c->lanes <= 16 && c->time >= 1 && c->time <= 100 &&
           c->memory_kib >= 8 * c->lanes && c->memory_kib <= 1024 * 1024;
}

enum err phc_read(struct str text, struct phc *out)
{
    struct phc p;
    struct str rest = text;
    size_t hash_n = 0;
    memset(&p, 0, sizeof(p));
    if (text.n > PHC_TEXT_MAX || !take_literal(&rest, STR("$argon2id$v=19$m=")) ||
        !take_number(&rest, ',', &p.cost.memory_kib) || !take_literal(&rest, STR("t=")) ||
        !take_number(&rest, ',', &p.cost.time) || !take_literal(&rest, STR("p=")) ||
        !take_number(&rest, '$', &p.cost.lanes) || !phc_cost_allowed(&p.cost)) {
        return fail(ERR_INPUT, "verifier string: not Argon2id with parameters we run");
    }
    size_t dollar = str_find(rest, '$');
    if (dollar == rest.n || !take_base64(str_of(rest.p, dollar), p.salt, PHC_SALT_MAX, &p.salt_n) ||
        p.salt_n < PHC_SALT_MIN ||
        !take_base64(str_of(rest.p + dollar + 1, rest.n - dollar - 1), p.hash, PHC_HASH, &hash_n) ||
        hash_n != PHC_HASH) {
        return fail(ERR_INPUT, "verifier string: salt or hash is malformed");
    }
    *out = p;
    return OK;
}

struct str phc_text(struct arena *a, const struct phc *p)
{
    struct buf b = buf_in(a);
    buf_fmt(&b, "$argon2id$v=19$m=%u,t=%u,p=%u$", p->cost.memory_kib, p->cost.time, p->cost.lanes);
    put_base64(&b, p->salt, p->salt_n);
    buf_byte(&b, '$');
    put_base64(&b, p->hash, PHC_HASH);
    return buf_str(&b);
}

bool phc_cost_weaker(const struct phc_cost *have, const struct phc_cost *wanted)
{
    return have->memory_kib < wanted->memory_kib || have->time < wanted->time;
}
