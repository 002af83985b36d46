/* Whose request is it?  Only what stands in it is read; nothing is proven here, and nothing but the
 * choice of a fault and a line of the page depends on it. */
#include <string.h>

#include "base/b64.h"
#include "jose/jwt.h"
#include "sandbox/room.h"
#include "store/sandbox.h"

static struct str claim_of(struct req *r, struct str token, const char *name)
{
    struct jws jws;
    json_t *claims = NULL;
    if (!str_is(token) || jws_parse(r->arena, token, &jws) != OK ||
        jwt_claims(r->arena, &jws, &claims) != OK) {
        return STR_NONE;
    }
    return json_member(claims, name);
}

static struct str decoded(struct req *r, struct str text)
{
    struct params ps;
    struct str pair = str_fmt(r->arena, "v=%.*s", STR_FMT(text));
    return params_parse(r->arena, pair, &ps) == OK && ps.n == 1 ? ps.v[0].value : STR_NONE;
}

static struct str of_header(struct req *r)
{
    struct str scheme, credentials, plain;
    if (!req_authorization(r, &scheme, &credentials)) {
        return STR_NONE;
    }
    if (str_ieq(scheme, STR("basic"))) {
        if (b64_decode_std(r->arena, credentials, &plain) != OK) {
            return STR_NONE;
        }
        return decoded(r, str_of(plain.p, str_find(plain, ':')));
    }
    return claim_of(r, credentials, "client_id"); /* an access token of ours */
}

static struct str of_params(struct req *r, const struct params *ps)
{
    struct str id = param_get(ps, "client_id");
    if (str_is(id)) {
        return id;
    }
    id = claim_of(r, param_get(ps, "client_assertion"), "sub");
    return str_is(id) ? id : claim_of(r, param_get(ps, "access_token"), "client_id");
}

struct str client_claimed(struct req *r)
{
    struct params ps;
    struct str id = of_header(r);
    if (!str_is(id) && r->method == HTTP_POST && req_form(r, &ps) == OK) {
        id = of_params(r, &ps);
    }
    if (!str_is(id) && req_query(r, &ps) == OK) {
        id = of_params(r, &ps);
    }
    err_clear();
    return id;
}

struct header *location_of(struct req *r)
{
    for (size_t i = 0; i < r->reply.n_headers; i++) {
        if (str_ieq(r->reply.headers[i].name, STR("location"))) {
            return &r->reply.headers[i];
        }
    }
    return NULL;
}

struct str location_param(struct req *r, const char *name)
{
    const struct header *at = location_of(r);
    struct params ps;
    if (at == NULL) {
        return STR_NONE;
    }
    size_t mark = str_find(at->value, '?');
    if (mark == at->value.n ||
        params_parse(r->arena, str_of(at->value.p + mark + 1, at->value.n - mark - 1), &ps) != OK) {
        return STR_NONE;
    }
    return param_get(&ps, name);
}

struct str client_of_redirect(struct req *r)
{
    const struct app_keys *keys;
    struct handle h;
    struct str client = STR_NONE;
    struct uuid subject;
    struct str code = location_param(r, "code");
    if (!str_is(code) || app_keys(r->task, app_of(r), &keys) != OK ||
        handle_read(keys->handle_key, code, &h) != OK ||
        store_sandbox_handle_owner(r->task, app_of(r)->db, h.bucket, &h.hash, &client, &subject) !=
            OK) {
        err_clear();
        return STR_NONE;
    }
    return client;
}
