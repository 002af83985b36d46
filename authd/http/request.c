/* What handlers read of the request: headers, cookies, parameters, credentials. */
#include "http/request.h"
#include <string.h>

struct str req_header(const struct req *r, const char *name)
{
    struct str wanted = str_from(name);
    for (size_t i = 0; i < r->n_headers; i++) {
        if (str_ieq(r->headers[i].name, wanted)) {
            return r->headers[i].value;
        }
    }
    return STR_NONE;
}

bool req_header_repeated(const struct req *r, const char *name)
{
    struct str wanted = str_from(name);
    size_t n = 0;
    for (size_t i = 0; i < r->n_headers; i++) {
        n += str_ieq(r->headers[i].name, wanted);
    }
    return n > 1;
}

/* spec: RFC 6265 §5.4; over TLS only the name with __Host- counts, which no other host can set */
struct str req_cookie(const struct req *r, const char *name)
{
    for (size_t i = 0; i < r->n_headers; i++) {
        if (!str_ieq(r->headers[i].name, STR("cookie"))) {
            continue;
        }
        struct str rest = r->headers[i].value;
        struct str pair;
        while (str_split(&rest, ';', &pair)) {
            pair = str_trim(pair);
            if (r->secure) {
                if (!str_starts(pair, STR("__Host-"))) {
                    continue;
                }
                pair = str_of(pair.p + 7, pair.n - 7);
            }
            size_t equals = str_find(pair, '=');
            if (equals < pair.n && str_eqz(str_of(pair.p, equals), name)) {
                return str_of(pair.p + equals + 1, pair.n - equals - 1);
            }
        }
    }
    return STR_NONE;
}

/* Too many parameters are a malformed request, not a shortage of ours. */
static enum err parameters(struct req *r, struct str text, struct params *out)
{
    enum err e = params_parse(r->arena, text, out);
    return e == ERR_LIMIT ? ERR_INPUT : e;
}

enum err req_query(struct req *r, struct params *out)
{
    return parameters(r, r->query, out);
}

enum err req_form(struct req *r, struct params *out)
{
    if (r->body.n == 0) {
        *out = (struct params){0};
        return OK;
    }
    if (!str_eqz(r->content_type, "application/x-www-form-urlencoded")) {
        return fail(ERR_INPUT, "http: the body is not application/x-www-form-urlencoded");
    }
    return parameters(r, r->body, out);
}

bool req_authorization(const struct req *r, struct str *scheme, struct str *credentials)
{
    struct str value = str_trim(req_header(r, "authorization"));
    size_t space = str_find(value, ' ');
    if (space == 0 || space == value.n) {
        return false;
    }
    struct str rest = str_trim(str_of(value.p + space, value.n - space));
    if (rest.n == 0) {
        return false;
    }
    *scheme = str_of(value.p, space);
    *credentials = rest;
    return true;
}
