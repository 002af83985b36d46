/* Code and grant.  Everything is decided and signed first, then one statement writes grant, code,
 * consent, the login's end and the audit entry; the browser is redirected after its commit. */
#include "oidc/issue.h"
#include "base/clock.h"
#include "oidc/dpop.h"
#include "oidc/redirect.h"
#include "oidc/resource.h"
#include "oidc/scope.h"
#include "oidc/token_answer.h"
#include "peer/signer_client.h"

/* spec: RFC 6749 §4.1.2:lifetime a maximum code lifetime of 10 minutes is RECOMMENDED; FAPI 2.0
 * §5.3.2.1: 60
 * s */
#define CODE_LIFETIME_MAX_S 60

enum err agreement_find(struct req *r, const struct party *p, const struct authorize_request *q,
                        const struct sso *sso, struct agreement *out)
{
    struct agreement g = {.known = false};
    enum err e = store_consent_find(r->task, app_of(r)->db, &sso->row.subject, &sso->row.actor,
                                    p->client.id, &g.row);
    if (e != OK && e != ERR_NOT_FOUND) {
        return e;
    }
    g.known = e == OK;
    g.covers = g.known && scope_within(q->scope, g.row.scope) &&
               claims_within(r->arena, claims_names(r->arena, q->claims), g.row.claims);
    *out = g;
    return OK;
}

/* spec: OpenID Core §11:consent offline_access MUST be ignored without consent: seen now, or
 * remembered */
static struct str scope_granted(struct req *r, const struct authorize_request *q,
                                const struct agreement *g, bool now)
{
    bool agreed = now || (g->known && str_words_have(g->row.scope, STR("offline_access")));
    return agreed ? q->scope : scope_without(r->arena, q->scope, STR("offline_access"));
}

static struct consent_row consent_kept(struct req *r, const struct authorize_request *q,
                                       const struct agreement *g)
{
    struct str names = claims_names(r->arena, q->claims);
    if (!g->known) {
        return (struct consent_row){q->scope, names};
    }
    return (struct consent_row){scope_union(r->arena, g->row.scope, q->scope),
                                claims_union(r->arena, g->row.claims, names)};
}

/* Names of what was granted, never values. */
static struct str audit_detail(struct req *r, struct str scope, const struct authorize_request *q,
                               bool consented)
{
    json_t *names = NULL;
    json_t *o = json_own(r->arena, json_object());
    json_object_set_new(o, "scope", json_str(scope));
    if (json_read_in(r->arena, claims_names(r->arena, q->claims), &names) == OK) {
        json_object_set(o, "claims", names);
    }
    json_object_set_new(o, "consent", json_string(consented ? "now" : "before"));
    return json_text(r->arena, o);
}

struct audit refusal_audit(struct req *r, const struct party *p, const struct sso *sso,
                           enum refusal why)
{
    struct audit entry = sso_audit(r, AUDIT_GRANT);
    entry.refused = true;
    entry.client_id = p->client.id;
    entry.detail = str_fmt(r->arena, "{\"refusal\":\"%s\"}", refusal_name(why));
    if (sso != NULL) {
        entry.bucket = bucket_of(&sso->row.subject);
        entry.subject = sso->row.subject;
        entry.actor = sso->row.actor;
        entry.mandate = sso->row.mandate;
        entry.session = sso->row.id;
    }
    return entry;
}

static struct grant_row grant_of(const struct app *app, const struct party *p,
                                 const struct authorize_request *q, const struct sso *sso,
                                 struct str scope, int64_t now)
{
    struct grant_row g = {.bucket = bucket_of(&sso->row.subject),
                          .subject = sso->row.subject,
                          .actor = sso->row.actor,
                          .mandate = sso->row.mandate,
                          .session = sso->row.id,
                          .client_id = p->client.id,
                          .scope = scope,
                          .claims = q->claims,
                          .offline = str_words_have(scope, STR("offline_access")),
                          .auth_time = sso->row.auth_time,
                          .created_at = now};
    uuid_random(&g.id);
    g.expires_at = g.offline ? now + app->config->refresh_lifetime_s : sso->row.expires_at;
    return g;
}

enum err code_issue(struct req *r, const struct party *p, const struct authorize_request *q,
                    const struct sso *sso, const struct login_row *login,
                    const struct agreement *agreement, bool now)
{
    struct app *app = app_of(r);
    int64_t at = clock_now_s();
    const struct app_keys *keys = NULL;
    TRY(app_keys(r->task, app, &keys));
    struct str scope = scope_granted(r, q, agreement, now);
    struct grant_row grant = grant_of(app, p, q, sso, scope, at);
    TRY(resource_audiences(r, scope, &grant.resource));
    grant.cnf = dpop_of_code(r->arena, &p->client, q->dpop_jkt);

    struct handle h;
    handle_make(NULL, grant.bucket, &h);
    long lifetime = app->config->code_lifetime_s;
    /* spec: RFC 7636 §4.4 MUST associate code_challenge with the code */
    struct code_row code = {
        .hash = h.hash,
        .client_id = p->client.id,
        .redirect_uri = q->redirect_uri,
        .code_challenge = q->code_challenge,
        .expires_at = at + (lifetime > CODE_LIFETIME_MAX_S ? CODE_LIFETIME_MAX_S : lifetime)};
    struct signer_issue_code in = {.session_proof = sso->row.proof, .session_secret = sso->secret};
    in.code = (struct proof){.kind = PROOF_CODE,
                             .bearer = h.hash,
                             .subject = grant.subject,
                             .actor = grant.actor,
                             .mandate = grant.mandate,
                             .session = grant.session,
                             .expires_at = code.expires_at,
                             .grant_ends_at = grant.expires_at,
                             .grant = grant.id,
                             .client_id = p->client.id,
                             .sector = p->client.sector,
                             .scope = scope,
                             .claims = q->claims,
                             .nonce = q->nonce,
                             .cnf = grant.cnf,
                             .resource = grant.resource};
    struct signer_issued_code issued;
    TRY(session_ask(r, &in, &issued));
    code.proof = issued.code_proof;
    grant.proof = issued.grant_proof;
    grant.sid = issued.sid;

    struct consent_row consent = consent_kept(r, q, agreement);
    struct audit audit = token_audit(r, AUDIT_GRANT, &grant, STR_NONE);
    audit.detail = audit_detail(r, scope, q, now);
    struct grant_new row = {.grant = &grant,
                            .code = &code,
                            .consent = now ? &consent : NULL,
                            .login_bucket = login == NULL ? NULL : &login->bucket,
                            .login_id = login == NULL ? NULL : &login->id,
                            .audit = &audit};
    TRY(store_grant_create(r->task, app->db, &row));
    redirect_code(r, q->redirect_uri, handle_text(r->arena, keys->handle_key, &h), q->state);
    return OK;
}
