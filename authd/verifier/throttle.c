/* Keys and limits of the throttles; the counting is vault_finish's. */
#include "verifier/throttle.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"

/* People share addresses of IPv4; of IPv6 a household has the 64 bits in front. */
static struct str network_of(struct arena *a, struct str address)
{
    uint8_t six[16];
    if (inet_pton(AF_INET6, str_z(a, address), six) == 1) {
        return str_dup(a, str_of(six, 8));
    }
    return address;
}

void throttle_keys(struct arena *a, const struct verifier *v, struct str kind, struct str value,
                   struct str address, struct vault_throttle out[THROTTLES])
{
    struct lookup_entry e[LOOKUP_KEYS_MAX];
    memset(out, 0, sizeof(struct vault_throttle) * THROTTLES);
    if (verifier_lookup(v->keys, kind, value, e) > 0) {
        memcpy(out[THROTTLE_ACCOUNT].key, e[0].digest.b, SHA256_SIZE);
    }
    if (verifier_lookup(v->keys, STR("throttle address"), network_of(a, address), e) > 0) {
        memcpy(out[THROTTLE_ADDRESS].key, e[0].digest.b, SHA256_SIZE);
    }
}

/* spec: NIST SP 800-63B §3.1.1.2:throttle SHALL limit failed attempts on one account */
bool throttle_blocks(const struct verifier *v, const struct vault_throttle t[THROTTLES],
                     uint32_t *wait_s)
{
    int64_t wait = 0;
    for (size_t i = 0; i < THROTTLES; i++) {
        wait = t[i].blocked_for_s > wait ? t[i].blocked_for_s : wait;
    }
    *wait_s = wait > UINT32_MAX ? UINT32_MAX : (uint32_t)wait;
    /* In a sandbox that does not count, who must wait was put there: one of its people. */
    return (v->config->login_throttle || v->config->sandbox) && wait > 0;
}

void throttle_limits(const struct verifier *v, const struct vault_throttle t[THROTTLES],
                     struct vault_result *out)
{
    const struct config *c = v->config;
    out->throttles = t;
    out->window_s = c->login_failure_window_s;
    out->limit_account = c->login_throttle ? (uint32_t)c->login_failures_per_account : 0;
    out->limit_address = c->login_throttle ? (uint32_t)c->login_failures_per_address : 0;
}
