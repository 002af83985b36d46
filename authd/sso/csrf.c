/* The browser's own secret, and the form tokens made from it.  A form is accepted only from the
 * browser it was shown to, and only for the act it was shown for. */
#include "base/arena.h"
#include "base/b64.h"
#include "base/buf.h"
#include "base/ct.h"
#include "base/rand.h"
#include "sso/sso.h"

#define BROWSER_COOKIE "browser"
#define BROWSER_SECRET 32

/* The value this very reply is about to set. */
static struct str cookie_being_set(const struct req *r)
{
    for (size_t i = 0; i < r->reply.n_headers; i++) {
        struct str v = r->reply.headers[i].value;
        if (!str_ieq(r->reply.headers[i].name, STR("set-cookie"))) {
            continue;
        }
        if (str_starts(v, STR("__Host-"))) {
            v = str_of(v.p + 7, v.n - 7);
        }
        if (str_starts(v, STR(BROWSER_COOKIE "="))) {
            size_t head = sizeof(BROWSER_COOKIE);
            struct str rest = str_of(v.p + head, v.n - head);
            return str_of(rest.p, str_find(rest, ';'));
        }
    }
    return STR_NONE;
}

static bool browser_secret(const struct req *r, uint8_t out[BROWSER_SECRET])
{
    struct str cookie = cookie_being_set(r);
    if (!str_is(cookie)) {
        cookie = req_cookie(r, BROWSER_COOKIE);
    }
    return str_is(cookie) && b64_decode_exact(cookie, out, BROWSER_SECRET) == OK;
}

enum err sso_browser(struct req *r, bool make, struct sha256 *hash)
{
    uint8_t secret[BROWSER_SECRET];
    if (!browser_secret(r, secret)) {
        if (!make) {
            return fail(ERR_DENIED, "browser: no cookie");
        }
        rand_bytes(secret, sizeof(secret));
        reply_cookie(r, BROWSER_COOKIE, b64_str(r->arena, str_of(secret, sizeof(secret))), 0);
    }
    *hash = sha256(str_of(secret, sizeof(secret)));
    ct_wipe(secret, sizeof(secret));
    return OK;
}

enum err sso_csrf(struct req *r, struct str purpose, struct str *out)
{
    uint8_t secret[BROWSER_SECRET];
    if (!browser_secret(r, secret)) {
        return fail(ERR_DENIED, "browser: no cookie");
    }
    /* The prefix keeps tokens apart from everything else that may be made from this secret. */
    struct str text = str_fmt(r->arena, "csrf v1 %.*s", STR_FMT(purpose));
    struct sha256 mac = hmac_sha256(secret, sizeof(secret), text);
    ct_wipe(secret, sizeof(secret));
    *out = b64_str(r->arena, sha256_str(&mac));
    return OK;
}

/* spec: OpenID Core §3.1.2.3:csrf, RFC 6749 §10.12 MUST employ measures against cross-site request
 * forgery */
enum err sso_csrf_check(struct req *r, struct str purpose, struct str token)
{
    struct str expected;
    TRY(sso_csrf(r, purpose, &expected));
    if (!str_is(token) || !ct_str_equal(expected, token)) {
        return fail(ERR_DENIED, "form: its token does not belong to this browser and act");
    }
    return OK;
}
