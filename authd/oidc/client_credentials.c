/* Exactly one method in one request. */
#include "oidc/client_credentials.h"
#include "base/arena.h"
#include "base/b64.h"
#include "base/buf.h"
#include "jose/jwt.h"

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define BASIC_MAX 1024

/* spec: RFC 6749 §2.3.1 encoded using application/x-www-form-urlencoded (appendix B) */
static bool form_decoded(struct arena *a, struct str text, struct str *out)
{
    struct buf b = buf_in(a);
    struct params ps;
    buf_addz(&b, "v=");
    buf_add(&b, text);
    if (params_parse(a, buf_str(&b), &ps) != OK || ps.n != 1) {
        return false;
    }
    *out = ps.v[0].value;
    return true;
}

enum refusal basic_read(struct arena *a, struct str text, struct str *id, struct str *secret)
{
    struct str plain;
    struct str user, password;
    if (text.n > BASIC_MAX || b64_decode_std(a, text, &plain) != OK) {
        return REFUSE_BASIC_MALFORMED;
    }
    size_t colon = str_find(plain, ':');
    if (colon == plain.n || !form_decoded(a, str_of(plain.p, colon), &user) ||
        !form_decoded(a, str_of(plain.p + colon + 1, plain.n - colon - 1), &password) ||
        !str_is(user)) {
        return REFUSE_BASIC_MALFORMED;
    }
    *id = user;
    *secret = password;
    return REFUSE_NOTHING;
}

/* The sub of an assertion names the client when client_id is left out (RFC 7521 §4.2). */
static struct str assertion_subject(struct arena *a, struct str assertion)
{
    struct jws jws;
    json_t *claims = NULL;
    if (jws_parse(a, assertion, &jws) != OK || jwt_claims(a, &jws, &claims) != OK) {
        return STR_NONE;
    }
    return json_member(claims, "sub");
}

enum refusal client_credentials_read(struct arena *a, struct str basic, bool other,
                                     const struct params *form, struct client_credentials *out)
{
    struct client_credentials c = {.client_id = param_get(form, "client_id"),
                                   .secret = param_get(form, "client_secret"),
                                   .assertion = param_get(form, "client_assertion")};
    struct str type = param_get(form, "client_assertion_type");
    bool asserted = str_is(c.assertion) || str_is(type);
    /* spec: RFC 6749 §2.3 the client MUST NOT use more than one authentication method in each
     * request */
    if ((basic.p != NULL) + str_is(c.secret) + asserted > 1) {
        return REFUSE_CLIENT_TWICE;
    }
    if (other) {
        return REFUSE_CLIENT_METHOD;
    }
    if (basic.p != NULL) {
        struct str named = c.client_id;
        enum refusal why = basic_read(a, basic, &c.client_id, &c.secret);
        if (why != REFUSE_NOTHING) {
            return why;
        }
        if (str_is(named) && !str_eq(named, c.client_id)) {
            return REFUSE_CLIENT_MISMATCH;
        }
        c.method = CLIENT_AUTH_BASIC;
    } else if (asserted) {
        /* spec: RFC 7523 §2.2 the value of client_assertion_type MUST be … jwt-bearer */
        if (!str_eq(type, STR(ASSERTION_TYPE))) {
            return REFUSE_ASSERTION_TYPE;
        }
        struct str subject = assertion_subject(a, c.assertion);
        if (!str_is(subject)) {
            return REFUSE_ASSERTION_MALFORMED;
        }
        /* spec: RFC 7521 §4.2 client_id MUST identify the same client as the assertion */
        if (str_is(c.client_id) && !str_eq(c.client_id, subject)) {
            return REFUSE_CLIENT_MISMATCH;
        }
        c.client_id = subject;
        c.method = CLIENT_AUTH_PRIVATE_KEY_JWT;
    } else {
        c.method = str_is(c.secret) ? CLIENT_AUTH_POST : CLIENT_AUTH_NONE;
    }
    if (!str_is(c.client_id)) {
        return REFUSE_CLIENT_MISSING;
    }
    *out = c;
    return REFUSE_NOTHING;
}
