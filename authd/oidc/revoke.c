/* POST /revoke: RFC 7009.  Revoking either kind of token ends the grant it belongs to: access
 * tokens are not stored, so nothing less would be true, and a client that gives back one token of a
 * person's gives back what the person gave (docs/decisions).  Introspection and userinfo refuse at
 * once. */
#include "oidc/access_token.h"
#include "oidc/client_auth.h"
#include "oidc/oidc.h"
#include "oidc/token_answer.h"
#include "sso/sso.h"

static enum err end_grant(struct req *r, const struct party *p, const struct grant_row *g)
{
    struct audit entry = token_audit(r, AUDIT_REVOKED, g, STR_NONE);
    TRY(store_grant_revoke(r->task, app_of(r)->db, g->bucket, &g->id, STR("client"), &entry));
    log_event(LOG_INFO, TOKEN_REVOKED, LOG_STR("client", p->client.id),
              LOG_STR("grant", uuid_text(r->arena, &g->id)));
    return OK;
}

/* spec: RFC 7009 §2.1:client verifies whether the token was issued to the client making the request
 */
static enum err revoke_access(struct req *r, const struct party *p, struct str text,
                              enum refusal *why)
{
    struct access_token t;
    struct grant_row g;
    enum err e = access_token_open(r, text, &t);
    if (e == ERR_DENIED) {
        return OK; /* spec: RFC 7009 §2.2 invalid tokens do not cause an error response */
    }
    TRY(e);
    if (!str_eq(t.client_id, p->client.id)) {
        *why = REFUSE_TOKEN_NOT_YOURS;
        return OK;
    }
    /* spec: RFC 7009 §2.2.1 unsupported_token_type */
    if (t.of_client) {
        *why = REFUSE_TOKEN_UNREVOCABLE;
        return OK;
    }
    e = store_grant_find(r->task, app_of(r)->db, t.bucket, &t.grant, &g, NULL, NULL);
    if (e == ERR_NOT_FOUND) {
        return OK;
    }
    TRY(e);
    return end_grant(r, p, &g);
}

static enum err revoke_refresh(struct req *r, const struct party *p, struct str text,
                               enum refusal *why)
{
    struct handle h;
    struct refresh_row row;
    enum err e = refresh_find(r, text, &h, &row);
    if (e == ERR_NOT_FOUND) {
        return OK;
    }
    TRY(e);
    if (!str_eq(row.client_id, p->client.id)) {
        *why = REFUSE_TOKEN_NOT_YOURS;
        return OK;
    }
    /* spec: RFC 7009 §2.1:grant SHOULD also invalidate all access tokens based on the same grant */
    return end_grant(r, p, &row.grant);
}

enum err oidc_revoke(struct req *r)
{
    struct params form;
    bool admitted = false;
    struct party p;
    enum refusal why = REFUSE_NOTHING;
    TRY(client_admit(r, &form, &p, &admitted));
    if (!admitted) {
        return OK;
    }
    struct str token = param_get(&form, "token");
    /* spec: RFC 7009 §2.1:token REQUIRED */
    if (!str_is(token)) {
        return refuse_json(r, REFUSE_TOKEN_MISSING, p.client.id, TOKEN_REFUSED);
    }
    /* spec: RFC 7009 §2.1:hint a wrong hint: MUST extend its search; the shape tells without one */
    if (str_has_byte(token, '.')) {
        TRY(revoke_access(r, &p, token, &why));
    } else {
        TRY(revoke_refresh(r, &p, token, &why));
    }
    if (why != REFUSE_NOTHING) {
        return refuse_json(r, why, p.client.id, TOKEN_REFUSED);
    }
    reply_empty(r, 200);
    return OK;
}
