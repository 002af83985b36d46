/* POST /introspect: RFC 7662.  A confidential client sees its own tokens; a resource server sees
 * those made for its audience.  To everybody else every token is inactive, and inactive reveals
 * nothing (§2.2). */
#include "base/clock.h"
#include "oidc/access_token.h"
#include "oidc/client_auth.h"
#include "oidc/oidc.h"
#include "oidc/resource.h"
#include "oidc/token_answer.h"
#include "sso/sso.h"

static const char *const shown[] = {"scope", "client_id", "exp", "iat",       "sub", "aud",
                                    "iss",   "jti",       "acr", "auth_time", "cnf", "amr"};

/* The asker hears no more than of a token that is over; the log tells that somebody asks for what
 * is not theirs. */
static void log_foreign(const struct party *p, const char *kind)
{
    log_event(LOG_INFO, TOKEN_REFUSED, LOG_Z("refusal", "INTROSPECT_NOT_YOURS"),
              LOG_Z("kind", kind), LOG_STR("client", p->client.id));
}

/* NULL: inactive.
 * spec: RFC 7662 §4 MUST tell whether it is expired, revoked, signed by us, and may be used by who
 * asks */
static enum err access_token_state(struct req *r, const struct party *p, struct str text,
                                   json_t **out)
{
    struct access_token t;
    struct grant_row g;
    *out = NULL;
    enum err e = access_token_open(r, text, &t);
    if (e == ERR_DENIED) {
        return OK;
    }
    TRY(e);
    bool allowed = str_eq(t.client_id, p->client.id);
    if (!allowed) {
        /* spec: RFC 7662 §2.2:audience the answer may depend on who asks */
        TRY(resource_may_introspect(r, p->client.id, t.claims, &allowed));
    }
    if (!allowed) {
        log_foreign(p, "access_token");
        return OK;
    }
    if (!t.of_client) {
        e = store_grant_find(r->task, app_of(r)->db, t.bucket, &t.grant, &g, NULL, NULL);
        if (e == ERR_NOT_FOUND || (e == OK && !grant_stands(&g, clock_now_s()))) {
            return OK;
        }
        TRY(e);
    }
    json_t *body = json_own(r->arena, json_object());
    json_object_set_new(body, "active", json_true());
    /* spec: RFC 9449 §6.2 the confirmation is told, §5:type and the type is DPoP */
    json_object_set_new(body, "token_type", json_string(str_is(t.jkt) ? "DPoP" : "Bearer"));
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        json_t *v = json_object_get(t.claims, shown[i]);
        if (v != NULL) {
            json_object_set(body, shown[i], v);
        }
    }
    *out = body;
    return OK;
}

/* Would it still be exchanged?  A predecessor counts as long as its successor is unused. */
static enum err refresh_token_state(struct req *r, const struct party *p, struct str text,
                                    json_t **out)
{
    struct handle h;
    struct refresh_row row;
    int64_t now = clock_now_s();
    *out = NULL;
    enum err e = refresh_find(r, text, &h, &row);
    if (e == ERR_NOT_FOUND) {
        return OK;
    }
    TRY(e);
    bool in_grace = row.used_at == 0 || now - row.used_at <= app_of(r)->config->refresh_grace_s;
    if (!str_eq(row.client_id, p->client.id)) {
        log_foreign(p, "refresh_token");
        return OK;
    }
    if (row.superseded_at != 0 || !in_grace || row.expires_at <= now ||
        !grant_stands(&row.grant, now)) {
        return OK;
    }
    json_t *body = json_own(r->arena, json_object());
    json_object_set_new(body, "active", json_true());
    json_object_set_new(body, "client_id", json_str(row.client_id));
    json_object_set_new(body, "scope", json_str(row.grant.scope));
    json_object_set_new(body, "iat", json_integer(row.created_at));
    json_object_set_new(body, "exp", json_integer(row.expires_at));
    json_object_set_new(body, "iss", json_string(app_of(r)->config->issuer));
    *out = body;
    return OK;
}

enum err oidc_introspect(struct req *r)
{
    struct params form;
    bool admitted = false;
    struct party p;
    json_t *body = NULL;
    TRY(client_admit(r, &form, &p, &admitted));
    if (!admitted) {
        return OK;
    }
    /* spec: RFC 7662 §2.1:auth the endpoint MUST require some form of authorization; §2.3 401
     * without valid credentials */
    if (p.client.auth_method == CLIENT_AUTH_NONE) {
        return refuse_json(r, REFUSE_CLIENT_PUBLIC, p.client.id, CLIENT_REFUSED);
    }
    struct str token = param_get(&form, "token");
    /* spec: RFC 7662 §2.1:token REQUIRED */
    if (!str_is(token)) {
        return refuse_json(r, REFUSE_TOKEN_MISSING, p.client.id, TOKEN_REFUSED);
    }
    /* spec: RFC 7662 §2.1:hint MUST extend its search: none is needed, the two kinds can't be
     * mistaken for each other. */
    if (str_has_byte(token, '.')) {
        TRY(access_token_state(r, &p, token, &body));
    } else {
        TRY(refresh_token_state(r, &p, token, &body));
    }
    if (body == NULL) {
        /* spec: RFC 7662 §2.2:inactive SHOULD NOT include any additional information about an
         * inactive token
         */
        body = json_own(r->arena, json_pack("{s:b}", "active", 0));
    }
    reply_json(r, 200, body);
    return OK;
}
