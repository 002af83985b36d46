/* What a trusted proxy tells of the client it serves: X-Forwarded-For and X-Forwarded-Proto.  Must
 * not believe what the client may have written itself: only the last word of the last header is the
 * proxy's own, and proxies that add a header leave the client's in front of it.
 * spec: RFC 9700 §4.13 headers of a proxy */
#include <arpa/inet.h>
#include <event2/keyvalq_struct.h>
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "http/core.h"

static struct str last_word(const struct req *r, const char *name)
{
    struct str rest = STR_NONE;
    struct str word = STR_NONE;
    for (size_t i = 0; i < r->n_headers; i++) {
        if (str_ieq(r->headers[i].name, str_from(name))) {
            rest = r->headers[i].value;
        }
    }
    while (str_split(&rest, ',', &word)) {
    }
    return str_trim(word);
}

/* An address as getpeername would tell it, so that a client is one client however it is written;
 * STR_NONE for what is none. */
static struct str address_of(struct arena *a, struct str word)
{
    struct in6_addr six;
    struct in_addr four;
    char text[INET6_ADDRSTRLEN];
    const char *z = str_z(a, word);
    if (inet_pton(AF_INET6, z, &six) == 1) {
        bool mapped = IN6_IS_ADDR_V4MAPPED(&six);
        inet_ntop(mapped ? AF_INET : AF_INET6, mapped ? six.s6_addr + 12 : six.s6_addr, text,
                  sizeof(text));
    } else if (inet_pton(AF_INET, z, &four) == 1) {
        inet_ntop(AF_INET, &four, text, sizeof(text));
    } else {
        return STR_NONE;
    }
    return str_dup(a, str_from(text));
}

void forwarded_take(struct req *r)
{
    struct str address = address_of(r->arena, last_word(r, "x-forwarded-for"));
    if (str_is(address)) {
        r->address = address;
    }
    r->secure = r->secure || str_eqz(last_word(r, "x-forwarded-proto"), "https");
}

/* The same before the request was copied, for admission: what can't be an address is none there. */
void forwarded_address(struct evkeyvalq *headers, char out[ADDRESS_MAX])
{
    struct str rest = STR_NONE;
    struct str word = STR_NONE;
    struct evkeyval *each;
    TAILQ_FOREACH (each, headers, next) {
        if (strcasecmp(each->key, "x-forwarded-for") == 0) {
            rest = str_from(each->value);
        }
    }
    while (str_split(&rest, ',', &word)) {
    }
    word = str_trim(word);
    out[0] = '\0';
    if (word.n > 0 && word.n < ADDRESS_MAX) {
        memcpy(out, word.p, word.n);
        out[word.n] = '\0';
    }
}
