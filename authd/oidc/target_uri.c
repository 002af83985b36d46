/* Normal form of a request's URI.  Must not resolve or fetch anything. */
#include "oidc/target_uri.h"
#include "base/buf.h"
#include "base/url.h"

#define URI_MAX 2048

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int hex(char c)
{
    c = lower(c);
    return c >= '0' && c <= '9' ? c - '0' : c - 'a' + 10;
}

static bool unreserved(int c)
{
    int l = c | 0x20;
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
           c == '~';
}

/* Lower case of what is case-insensitive: the scheme here, the host below. */
static void add_lower(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        buf_byte(b, lower(s.p[i]));
    }
}

/* %XX in upper case, or the character itself where it needs no escape; url_parse has seen to it
 * that two digits follow every percent sign. */
static struct str unescaped(struct arena *a, struct str path)
{
    struct buf b = buf_in(a);
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] != '%') {
            buf_byte(&b, path.p[i]);
            continue;
        }
        int c = hex(path.p[i + 1]) * 16 + hex(path.p[i + 2]);
        if (unreserved(c)) {
            buf_byte(&b, (char)c);
        } else {
            buf_fmt(&b, "%%%02X", (unsigned)c);
        }
        i += 2;
    }
    return buf_str(&b);
}

/* RFC 3986 section 5.2.4 for a path that begins with a slash. */
static void add_without_dots(struct buf *b, struct str path)
{
    size_t start = b->n;
    struct str rest = str_of(path.p + 1, path.n - 1);
    struct str segment;
    bool last_is_dots = false;
    while (str_split(&rest, '/', &segment)) {
        bool up = str_eqz(segment, "..");
        last_is_dots = up || str_eqz(segment, ".");
        if (!last_is_dots) {
            buf_byte(b, '/');
            buf_add(b, segment);
        }
        while (up && b->n > start) {
            b->n--;
            if (b->p[b->n] == '/') {
                break;
            }
        }
    }
    if (last_is_dots || b->n == start) {
        buf_byte(b, '/');
    }
}

enum err target_uri_normal(struct arena *a, struct str uri, struct str *out)
{
    struct url u;
    struct buf text = buf_in(a);
    struct buf b = buf_in(a);
    if (uri.n > URI_MAX) {
        return fail(ERR_INPUT, "uri: %zu bytes", uri.n);
    }
    size_t colon = str_find(uri, ':');
    add_lower(&text, str_of(uri.p, colon));
    buf_add(&text, str_of(uri.p + colon, uri.n - colon));
    TRY(url_parse(buf_str(&text), &u));
    bool tls = str_eqz(u.scheme, "https");
    if (!tls && !str_eqz(u.scheme, "http")) {
        return fail(ERR_INPUT, "uri: not http or https");
    }
    buf_add(&b, u.scheme);
    buf_addz(&b, "://");
    add_lower(&b, u.host);
    if (u.port.p != NULL && !str_eqz(u.port, tls ? "443" : "80")) {
        buf_byte(&b, ':');
        buf_add(&b, u.port);
    }
    struct str path = unescaped(a, u.path);
    add_without_dots(&b, str_is(path) ? path : STR("/"));
    *out = buf_str(&b);
    return OK;
}
