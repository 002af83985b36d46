/* Checking client credentials.  Secrets are 256 random bits, so their SHA-256 is all that is stored
 * and nothing slow is needed; they are compared in constant time. */
#include "oidc/client_auth.h"
#include "base/b64.h"
#include "base/clock.h"
#include "base/ct.h"
#include "oidc/client_assertion.h"
#include "oidc/client_keys.h"
#include "sso/sso.h"

/* The form of an endpoint that clients call, with repetition refused. */
static enum err read_form(struct req *r, struct params *form, enum refusal *why)
{
    *form = (struct params){NULL, 0};
    enum err e = req_form(r, form);
    if (e == ERR_INPUT) {
        *form = (struct params){NULL, 0};
        *why = REFUSE_MALFORMED;
        return OK;
    }
    TRY(e);
    /* spec: RFC 6749 §3.2:once request parameters MUST NOT be included more than once */
    *why = str_is(params_repeated(form)) ? REFUSE_REPEATED : REFUSE_NOTHING;
    return OK;
}

static bool secret_ok(const struct client_row *row, struct str secret)
{
    struct sha256 hash = sha256(secret);
    bool ok = false;
    for (size_t i = 0; i < row->n_secrets; i++) {
        ok |= ct_equal(hash.b, row->secrets[i].b, sizeof(hash.b));
    }
    return ok && str_is(secret);
}

/* spec: RFC 7523 §3:replay the authorization server MAY ensure that JWTs are not replayed; OpenID
 * Core §9:jwt jti MUST be used only once */
static enum err assertion_once(struct req *r, const struct assertion *x, enum refusal *why)
{
    struct str key =
        str_fmt(r->arena, "client assertion %.*s %.*s", STR_FMT(x->client_id), STR_FMT(x->jti));
    struct sha256 hash = sha256(key);
    enum err e =
        store_replay_use(r->task, app_of(r)->db, &hash, x->expires_at + ASSERTION_SKEW_S, NULL);
    if (e == ERR_CONFLICT) {
        *why = REFUSE_ASSERTION_REPLAYED;
        return OK;
    }
    return e;
}

static enum refusal judge(struct req *r, const struct client *c, struct str text,
                          struct assertion *out)
{
    struct str issuer = str_from(app_of(r)->config->issuer);
    /* spec: RFC 7523 §3:aud the token endpoint; RFC 9126 §2:aud also issuer and PAR endpoint */
    const struct str audiences[] = {
        issuer, str_fmt(r->arena, "%.*s/token", STR_FMT(issuer)),
        str_fmt(r->arena, "%.*s%.*s", STR_FMT(issuer), STR_FMT(r->path))};
    return assertion_check(r->arena, c, text, audiences, 3, clock_now_s(), out);
}

static bool newer_keys_may_help(enum refusal why)
{
    return why == REFUSE_ASSERTION_NO_KEYS || why == REFUSE_ASSERTION_KEY ||
           why == REFUSE_ASSERTION_SIGNATURE;
}

/* With the registered keys, or with those behind the registered address; there a key that is not
 * known makes us look again.
 * spec: OpenID Core §10.1.1 verifiers go back to the jwks_uri for an unfamiliar kid */
static enum err assertion_keys_check(struct req *r, const struct party *p, struct str text,
                                     struct assertion *out, enum refusal *why)
{
    struct client c = p->client;
    struct client_keys_row keys;
    if (!str_is(c.jwks_uri)) {
        *why = judge(r, &c, text, out);
        return OK;
    }
    TRY(client_keys_known(r, c.id, &keys));
    c.jwks = keys.jwks;
    *why = judge(r, &c, text, out);
    if (!newer_keys_may_help(*why)) {
        return OK;
    }
    TRY(client_keys_newest(r, c.id, &keys));
    c.jwks = keys.jwks;
    *why = judge(r, &c, text, out);
    if (newer_keys_may_help(*why) && !keys.settled) {
        *why = REFUSE_ASSERTION_FETCHING;
    }
    return OK;
}

static enum err check(struct req *r, const struct party *p, const struct client_credentials *c,
                      enum refusal *why)
{
    /* spec: OpenID Core §9:method the registered method and no other */
    if (c->method != p->client.auth_method) {
        *why = c->method == CLIENT_AUTH_NONE ? REFUSE_CLIENT_MISSING : REFUSE_CLIENT_METHOD;
        return OK;
    }
    if (c->method == CLIENT_AUTH_NONE) {
        return OK;
    }
    if (c->method != CLIENT_AUTH_PRIVATE_KEY_JWT) {
        *why = secret_ok(&p->row, c->secret) ? REFUSE_NOTHING : REFUSE_CLIENT_UNKNOWN;
        return OK;
    }
    struct assertion x;
    TRY(assertion_keys_check(r, p, c->assertion, &x, why));
    return *why == REFUSE_NOTHING ? assertion_once(r, &x, why) : OK;
}

static enum err audit_refusal(struct req *r, const struct party *p, enum refusal why)
{
    struct audit entry = sso_audit(r, AUDIT_CLIENT_REFUSED);
    entry.refused = true;
    entry.client_id = p->client.id;
    entry.detail = str_fmt(r->arena, "{\"refusal\":\"%s\"}", refusal_name(why));
    return store_audit_write(r->task, app_of(r)->db, &entry);
}

/* *out is who is meant even when the credentials are refused; without a name, when it is no client
 * of ours. */
static enum err authenticate(struct req *r, const struct params *form, struct party *out,
                             enum refusal *why)
{
    struct str scheme = STR_NONE, credentials = STR_NONE;
    struct client_credentials c;
    struct party p;
    bool has = req_authorization(r, &scheme, &credentials);
    /* spec: RFC 9110 §11.1 the scheme is matched case-insensitively */
    bool basic = has && str_ieq(scheme, STR("basic"));
    if (has && credentials.p == NULL) {
        credentials = STR("");
    }
    *why =
        client_credentials_read(r->arena, basic ? credentials : STR_NONE, has && !basic, form, &c);
    if (*why != REFUSE_NOTHING) {
        return OK;
    }
    enum err e = party_find(r, c.client_id, &p);
    if (e == ERR_NOT_FOUND) {
        *why = REFUSE_CLIENT_UNKNOWN;
        return OK;
    }
    TRY(e);
    *out = p;
    TRY(check(r, &p, &c, why));
    return *why == REFUSE_NOTHING ? OK : audit_refusal(r, &p, *why);
}

enum err client_admit(struct req *r, struct params *form, struct party *out, bool *admitted)
{
    enum refusal why = REFUSE_NOTHING;
    struct party p = {.client = {.id = STR_NONE}};
    TRY(read_form(r, form, &why));
    if (why == REFUSE_NOTHING) {
        /* spec: RFC 6749 §3.2.1 confidential clients MUST authenticate, OpenID Core §3.1.3.1 in
         * the registered way, RFC 9126 §2:auth when pushing as well */
        TRY(authenticate(r, form, &p, &why));
    }
    *admitted = why == REFUSE_NOTHING;
    if (!*admitted) {
        return refuse_json(r, why, p.client.id, CLIENT_REFUSED);
    }
    *out = p;
    return OK;
}
