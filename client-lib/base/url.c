/* Absolute URLs and form parameters (RFC 3986, WHATWG form encoding as RFC 6749 appendix B uses
 * it). Strict: what two parsers could read in two ways is refused. */
#include "base/url.h"
#include <string.h>
#include "base/arena.h"
#include "base/hex.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

/* Visible ASCII that RFC 3986 allows nowhere. */
static bool is_never_plain(char c)
{
    switch (c) {
    case '"':
    case '<':
    case '>':
    case '\\':
    case '^':
    case '`':
    case '{':
    case '|':
    case '}':
        return true;
    default:
        return false;
    }
}

/* Visible ASCII that RFC 3986 allows somewhere in a URL; percent signs begin %XX. */
static bool visible_only(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c <= ' ' || c >= 0x7F || is_never_plain(c)) {
            return false;
        }
        if (c == '%' && hex_byte(s, i + 1) < 0) {
            return false;
        }
    }
    return true;
}

static bool scheme_ok(struct str s)
{
    if (s.n == 0 || !is_lower(s.p[0])) {
        return false;
    }
    for (size_t i = 1; i < s.n; i++) {
        char c = s.p[i];
        if (!is_lower(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') {
            return false;
        }
    }
    return true;
}

static bool host_ok(struct str host)
{
    if (host.n == 0 || host.n > 255) {
        return false;
    }
    bool bracketed = host.p[0] == '[';
    if (bracketed) {
        if (host.n < 4 || host.p[host.n - 1] != ']') {
            return false;
        }
        host = str_of(host.p + 1, host.n - 2);
    }
    for (size_t i = 0; i < host.n; i++) {
        char c = host.p[i];
        bool ok = bracketed ? hex_digit(c) >= 0 || c == ':' || c == '.'
                            : is_lower(c) || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '.' ||
                                  c == '-' || c == '_';
        if (!ok) {
            return false;
        }
    }
    return true;
}

static bool port_ok(struct str port)
{
    uint64_t v;
    return str_u64(port, &v) && v > 0 && v <= 65535;
}

/* Cuts what follows the first `mark` off *text. */
static struct str cut(struct str *text, char mark)
{
    size_t at = str_find(*text, mark);
    if (at == text->n) {
        return STR_NONE;
    }
    struct str tail = {text->p + at + 1, text->n - at - 1};
    text->n = at;
    return tail;
}

static enum err authority_parse(struct str authority, struct url *u)
{
    if (str_has_byte(authority, '@')) {
        return fail(ERR_INPUT, "url: user information");
    }
    u->host = authority;
    if (authority.n > 0 && authority.p[0] == '[') {
        size_t end = str_find(authority, ']');
        if (end == authority.n) {
            return fail(ERR_INPUT, "url: open bracket");
        }
        u->host.n = end + 1;
        if (u->host.n < authority.n) {
            if (authority.p[u->host.n] != ':') {
                return fail(ERR_INPUT, "url: text behind the address");
            }
            u->port = str_of(authority.p + end + 2, authority.n - end - 2);
        }
    } else {
        u->port = cut(&u->host, ':');
    }
    if (!host_ok(u->host)) {
        return fail(ERR_INPUT, "url: bad host");
    }
    if (u->port.p != NULL && !port_ok(u->port)) {
        return fail(ERR_INPUT, "url: bad port");
    }
    return OK;
}

enum err url_parse(struct str text, struct url *out)
{
    if (!visible_only(text)) {
        return fail(ERR_INPUT, "url: character that must be percent coded");
    }
    struct url u = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    struct str rest = text;
    u.fragment = cut(&rest, '#');
    u.query = cut(&rest, '?');
    size_t colon = str_find(rest, ':');
    u.scheme = str_of(rest.p, colon);
    if (rest.n - colon < 3 || memcmp(rest.p + colon, "://", 3) != 0 || !scheme_ok(u.scheme)) {
        return fail(ERR_INPUT, "url: not absolute");
    }
    rest = str_of(rest.p + colon + 3, rest.n - colon - 3);
    size_t slash = str_find(rest, '/');
    u.path = str_of(rest.p + slash, rest.n - slash);
    if (u.fragment.p != NULL && str_has_byte(u.fragment, '#')) {
        return fail(ERR_INPUT, "url: two fragments");
    }
    enum err e = authority_parse(str_of(rest.p, slash), &u);
    if (e != OK) {
        return e;
    }
    *out = u;
    return OK;
}

struct str url_origin(struct arena *a, struct str text)
{
    struct url u;
    if (url_parse(text, &u) != OK) {
        return str_fmt(a, "%.*s:", STR_FMT(str_of(text.p, str_find(text, ':'))));
    }
    return str_fmt(a, "%.*s://%.*s%s%.*s", STR_FMT(u.scheme), STR_FMT(u.host),
                   str_is(u.port) ? ":" : "", STR_FMT(u.port));
}

/* Four decimal numbers, the first being 127: "127.example.net" is a name like any other. */
static bool is_127(struct str host)
{
    struct str part;
    int count = 0;
    while (str_split(&host, '.', &part)) {
        uint64_t v;
        if (!str_u64(part, &v) || v > 255 || (count == 0 && v != 127)) {
            return false;
        }
        count++;
    }
    return count == 4;
}

bool url_is_loopback(const struct url *u)
{
    return str_ieq(u->host, STR("localhost")) || str_eq(u->host, STR("[::1]")) || is_127(u->host);
}

static enum err form_decode(struct arena *a, struct str text, struct str *out)
{
    if (!str_has_byte(text, '%') && !str_has_byte(text, '+')) {
        *out = text;
    } else {
        char *p = arena_alloc(a, text.n + 1);
        size_t n = 0;
        for (size_t i = 0; i < text.n; i++) {
            int c = (unsigned char)text.p[i];
            if (c == '%') {
                c = hex_byte(text, i + 1);
                if (c < 0) {
                    return fail(ERR_INPUT, "parameters: %% without two hexadecimal digits");
                }
                i += 2;
            } else if (c == '+') {
                c = ' ';
            }
            p[n++] = (char)c;
        }
        *out = str_of(p, n);
    }
    if (!str_utf8(*out)) {
        return fail(ERR_INPUT, "parameters: invalid UTF-8 or NUL");
    }
    return OK;
}

static size_t count_pairs(struct str text)
{
    size_t n = 0;
    struct str part;
    while (str_split(&text, '&', &part)) {
        n += part.n > 0;
    }
    return n;
}

enum err params_parse(struct arena *a, struct str text, struct params *out)
{
    size_t n = count_pairs(text);
    if (n > PARAMS_MAX) {
        return fail(ERR_LIMIT, "parameters: %zu of them", n);
    }
    struct params ps = {arena_array(a, n, sizeof(struct param)), 0};
    struct str pair;
    while (str_split(&text, '&', &pair)) {
        if (pair.n == 0) {
            continue;
        }
        struct str value = cut(&pair, '=');
        struct param *p = &ps.v[ps.n++];
        enum err e = form_decode(a, pair, &p->name);
        if (e == OK) {
            e = form_decode(a, value.p == NULL ? STR("") : value, &p->value);
        }
        if (e != OK) {
            return e;
        }
    }
    *out = ps;
    return OK;
}

/* spec: RFC 6749 §3.1:empty parameters without a value MUST be treated as if they were omitted */
struct str param_get(const struct params *ps, const char *name)
{
    struct str wanted = str_from(name);
    for (size_t i = 0; i < ps->n; i++) {
        if (str_eq(ps->v[i].name, wanted)) {
            return str_is(ps->v[i].value) ? ps->v[i].value : STR_NONE;
        }
    }
    return STR_NONE;
}

struct str params_repeated(const struct params *ps)
{
    for (size_t i = 0; i < ps->n; i++) {
        for (size_t j = 0; j < i; j++) {
            if (str_eq(ps->v[i].name, ps->v[j].name)) {
                return ps->v[i].name;
            }
        }
    }
    return STR_NONE;
}
