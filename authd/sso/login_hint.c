/* One-time key stream: HKDF-SHA256 of the handle's secret. */
#include "sso/login_hint.h"
#include "base/b64.h"
#include "base/ct.h"

static struct str mask(struct arena *a, const struct handle *h, struct str in)
{
    uint8_t stream[LOGIN_HINT_MAX];
    uint8_t *out = arena_alloc(a, in.n + 1);
    hkdf_sha256(h->secret, sizeof(h->secret), STR("authd login hint v1"), stream, sizeof(stream));
    for (size_t i = 0; i < in.n; i++) {
        out[i] = (uint8_t)((uint8_t)in.p[i] ^ stream[i]);
    }
    ct_wipe(stream, sizeof(stream));
    return str_of(out, in.n);
}

struct str login_hint_seal(struct arena *a, const struct handle *login, struct str hint)
{
    if (!str_is(hint) || hint.n > LOGIN_HINT_MAX) {
        return STR_NONE;
    }
    return b64_str(a, mask(a, login, hint));
}

struct str login_hint_open(struct arena *a, const struct handle *login, struct str sealed)
{
    struct str bytes;
    if (!str_is(sealed) || b64_decode(a, sealed, &bytes) != OK || bytes.n > LOGIN_HINT_MAX) {
        return STR_NONE;
    }
    struct str hint = mask(a, login, bytes);
    return str_utf8(hint) ? hint : STR_NONE;
}

void login_handle_of_push(const struct handle *push, struct handle *login)
{
    uint8_t secret[HANDLE_SECRET];
    hkdf_sha256(push->secret, sizeof(push->secret), STR("authd login of push v1"), secret,
                sizeof(secret));
    handle_make(secret, push->bucket, login);
    ct_wipe(secret, sizeof(secret));
}
