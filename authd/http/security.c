/* The headers that every reply carries, whatever the handler did.  Must not depend on the handler:
 * a reply without them can't be sent. */
#include <string.h>
#include "base/buf.h"
#include "http/core.h"

/* Of what the handler has said: the first `said` headers. */
static bool is_said(const struct req *r, size_t said, struct str name)
{
    for (size_t i = 0; i < said; i++) {
        if (str_ieq(r->reply.headers[i].name, name)) {
            return true;
        }
    }
    return false;
}

static void add_if_missing(struct req *r, size_t said, struct str name, struct str constant)
{
    if (!is_said(r, said, name)) {
        reply_header_constant(r, name, constant);
    }
}

/* spec: RFC 9700 §4.16 pages of an authorization server MUST NOT be framed */
#define POLICY_BEGIN "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'"
#define POLICY_END "; base-uri 'none'; frame-ancestors 'none'"
static struct str content_policy(const struct req *r)
{
    if (r->reply.form_action.n == 0) {
        return STR(POLICY_BEGIN POLICY_END);
    }
    struct buf b = buf_in(r->arena);
    buf_addz(&b, POLICY_BEGIN);
    buf_add(&b, r->reply.form_action);
    buf_addz(&b, POLICY_END);
    return buf_str(&b);
}

/* No credentials are allowed along: what any origin may read is public or comes for a bearer
 * token. */
static void cors(struct req *r, size_t said)
{
    add_if_missing(r, said, STR("Access-Control-Allow-Origin"), STR("*"));
    add_if_missing(r, said, STR("Access-Control-Expose-Headers"),
                   STR("WWW-Authenticate, DPoP-Nonce, Retry-After"));
}

void security_headers(struct req *r)
{
    size_t said = r->reply.n_headers;
    if (!is_said(r, said, STR("Content-Security-Policy"))) {
        reply_header_put(r, STR("Content-Security-Policy"), content_policy(r));
    }
    add_if_missing(r, said, STR("X-Content-Type-Options"), STR("nosniff"));
    add_if_missing(r, said, STR("X-Frame-Options"), STR("DENY"));
    /* spec: RFC 9700 §4.2.4 no referrer */
    add_if_missing(r, said, STR("Referrer-Policy"), STR("no-referrer"));
    add_if_missing(r, said, STR("Cross-Origin-Opener-Policy"), STR("same-origin"));
    /* Pages of ours use none of what a browser could give them. */
    add_if_missing(r, said, STR("Permissions-Policy"),
                   STR("camera=(), geolocation=(), microphone=(), payment=(), usb=()"));
    bool open = r->route != NULL && r->route->cors;
    add_if_missing(r, said, STR("Cross-Origin-Resource-Policy"),
                   open ? STR("cross-origin") : STR("same-origin"));
    if (!is_said(r, said, STR("Cache-Control"))) {
        /* spec: RFC 6749 §5.1:no_store answers with tokens MUST say no-store */
        reply_header_constant(r, STR("Cache-Control"), STR("no-store"));
        add_if_missing(r, said, STR("Pragma"), STR("no-cache"));
    }
    if (r->secure) {
        add_if_missing(r, said, STR("Strict-Transport-Security"), STR("max-age=63072000"));
    }
    if (open) {
        cors(r, said);
    }
    if (str_is(r->reply.content_type) && !is_said(r, said, STR("Content-Type"))) {
        reply_header_put(r, STR("Content-Type"), r->reply.content_type);
    }
}
