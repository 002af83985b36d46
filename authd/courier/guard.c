/* See guard.h.  Two tables of prefixes; everything in them is refused, and of IPv6 everything
 * outside the global unicast range as well. spec: RFC 6890 §2.2.2, §2.2.3 special-purpose
 * addresses; RFC 4291 §2.4 2000::/3; RFC 6052 §2.1 */
#include "courier/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

struct prefix {
    uint8_t bytes[16];
    unsigned bits;
    const char *what;
};

static const struct prefix refused4[] = {
    {{0}, 8, "this network"},
    {{10}, 8, "private"},
    {{100, 64}, 10, "shared address space"},
    {{127}, 8, "loopback"},
    {{169, 254}, 16, "link-local"},
    {{172, 16}, 12, "private"},
    {{192, 0, 0}, 24, "protocol assignments"},
    {{192, 0, 2}, 24, "documentation"},
    {{192, 88, 99}, 24, "6to4 relays"},
    {{192, 168}, 16, "private"},
    {{198, 18}, 15, "benchmarking"},
    {{198, 51, 100}, 24, "documentation"},
    {{203, 0, 113}, 24, "documentation"},
    {{224}, 4, "multicast"},
    {{240}, 4, "reserved"},
};
static const struct prefix global6 = {{0x20}, 3, "global unicast"};
static const struct prefix refused6[] = {
    {{0x20, 0x01, 0x00}, 23, "protocol assignments"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, "documentation"},
    {{0x20, 0x02}, 16, "6to4"},
    {{0x3f, 0xff}, 20, "documentation"},
};
static const struct prefix mapped4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, "IPv4"};
static const struct prefix loopback6 = {
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, "loopback"};

static bool is_in(const uint8_t *address, const struct prefix *p)
{
    unsigned whole = p->bits / 8;
    unsigned rest = p->bits % 8;
    if (memcmp(address, p->bytes, whole) != 0) {
        return false;
    }
    uint8_t mask = (uint8_t)(0xff << (8 - rest));
    return rest == 0 || (address[whole] & mask) == (p->bytes[whole] & mask);
}

static enum err judge4(const uint8_t address[4], bool loopback_allowed)
{
    if (loopback_allowed && address[0] == 127) {
        return OK;
    }
    for (size_t i = 0; i < sizeof refused4 / sizeof refused4[0]; i++) {
        if (is_in(address, &refused4[i])) {
            return fail(ERR_DENIED, "guard: not a public address: %s", refused4[i].what);
        }
    }
    return OK;
}

static enum err judge6(const uint8_t address[16], bool loopback_allowed)
{
    if (is_in(address, &mapped4)) {
        return judge4(address + 12, loopback_allowed);
    }
    if (is_in(address, &loopback6) && loopback_allowed) {
        return OK;
    }
    if (!is_in(address, &global6)) {
        return fail(ERR_DENIED, "guard: not a public address: outside global unicast");
    }
    for (size_t i = 0; i < sizeof refused6 / sizeof refused6[0]; i++) {
        if (is_in(address, &refused6[i])) {
            return fail(ERR_DENIED, "guard: not a public address: %s", refused6[i].what);
        }
    }
    return OK;
}

enum err guard_address(const struct sockaddr *address, bool loopback_allowed)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        return judge4((const uint8_t *)&in.sin_addr, loopback_allowed);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof in6);
        return judge6(in6.sin6_addr.s6_addr, loopback_allowed);
    }
    return fail(ERR_DENIED, "guard: an address of another family");
}

enum err guard_url(const struct url *url, bool loopback_allowed)
{
    if (str_eqz(url->scheme, "https")) {
        return OK;
    }
    if (str_eqz(url->scheme, "http") && loopback_allowed && url_is_loopback(url)) {
        return OK;
    }
    return fail(ERR_DENIED, "guard: only https is delivered to");
}
