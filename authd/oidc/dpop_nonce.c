/* Making and recognising nonces; see dpop_nonce.h. */
#include "oidc/dpop_nonce.h"
#include "base/b64.h"
#include "base/ct.h"
#include "base/hash.h"

#define NONCE_BYTES 16

static struct str of_window(struct arena *a, const uint8_t *key, int64_t window)
{
    uint8_t own[SHA256_SIZE];
    hkdf_sha256(key, DPOP_NONCE_KEY_SIZE, STR("authd dpop nonce"), own, sizeof own);
    struct sha256 mac =
        hmac_sha256(own, sizeof own, str_fmt(a, "dpop nonce %lld", (long long)window));
    ct_wipe(own, sizeof own);
    return b64_str(a, str_of(mac.b, NONCE_BYTES));
}

struct str dpop_nonce_text(struct arena *a, const uint8_t key[DPOP_NONCE_KEY_SIZE], int64_t now)
{
    return of_window(a, key, now / DPOP_NONCE_WINDOW_S);
}

bool dpop_nonce_good(struct arena *a, const uint8_t key[DPOP_NONCE_KEY_SIZE], struct str nonce,
                     int64_t now)
{
    bool good = false;
    for (int64_t step = -1; step <= 1; step++) {
        good |= ct_str_equal(nonce, of_window(a, key, now / DPOP_NONCE_WINDOW_S + step));
    }
    return good;
}
