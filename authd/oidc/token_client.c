/* grant_type=client_credentials: RFC 6749 §4.4.  A token that names no person: no ID token, no
 * refresh token (§4.4.3), no scope of people. */
#include "oidc/resource.h"
#include "oidc/scope.h"
#include "oidc/token_answer.h"
#include "sso/sso.h"

enum err token_client(struct req *r, const struct party *p, const struct params *form,
                      const struct dpop *dpop, enum refusal *why)
{
    struct app *app = app_of(r);
    struct signer_client_token in = {.client_id = p->client.id};
    struct dpop_bound bound;
    /* spec: RFC 6749 §4.4 MUST only be used by confidential clients */
    if (p->client.auth_method == CLIENT_AUTH_NONE) {
        *why = REFUSE_CLIENT_PUBLIC;
        return OK;
    }
    if (!scope_of_client(r->arena, &p->client, param_get(form, "scope"), &in.scope)) {
        *why = REFUSE_CLIENT_SCOPE;
        return OK;
    }
    *why = dpop_bind(r->arena, &p->client, STR_NONE, dpop, &bound);
    if (*why != REFUSE_NOTHING) {
        return OK;
    }
    TRY(resource_audiences(r, in.scope, &in.audience));
    in.cnf = bound.token;
    struct signer_client_tokened made;
    TRY(ask_client_token(r->task, app->signers, &in, &made));

    struct audit entry = sso_audit(r, AUDIT_TOKEN_CLIENT);
    struct json_members detail = json_members_begin(r->arena);
    json_members_text(&detail, "scope", in.scope);
    entry.client_id = p->client.id;
    entry.detail = json_members_end(&detail);
    TRY(dpop_use(r, dpop, &entry, why));
    if (*why != REFUSE_NOTHING) { /* what was signed is never shown */
        return OK;
    }
    struct signer_issued_tokens issued = {
        .access_token = made.access_token, .scope = in.scope, .expires_at = made.expires_at};
    /* spec: RFC 6749 §4.4.3 a refresh token SHOULD NOT be included */
    token_answer(r, p, "client_credentials", &issued, str_is(bound.token), STR_NONE);
    return OK;
}
