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

enum err agreement_of(struct req *r, const struct party *p, const struct authorize_request *q,
                      const struct consent_row *row, struct agreement *out)
{
    struct agreement g = {.known = row->scope.p != NULL, .row = *row};
    struct resource_group *groups = NULL;
    size_t n = 0;
    TRY(resource_groups(r, q->scope, &groups, &n));
    asks_of(r->arena, &p->client, q, page_language(r, q->ui_locales) == LANGUAGE_VI, groups, n,
            g.known ? &g.row : NULL, &g.asks);
    g.covers = g.known && asks_are_decided(&g.asks);
    *out = g;
    return OK;
}

enum err agreement_find(struct req *r, const struct party *p, const struct authorize_request *q,
                        const struct sso *sso, struct agreement *out)
{
    struct consent_row row = {.scope = STR_NONE};
    enum err e = store_consent_find(r->task, app_of(r)->db, &sso->row.subject, &sso->row.actor,
                                    p->client.id, &row);
    return e == OK || e == ERR_NOT_FOUND ? agreement_of(r, p, q, &row, out) : e;
}

/* Names of what was granted, never values. */
static struct str audit_detail(struct req *r, struct str scope, const struct asks *asks,
                               const char *consent)
{
    json_t *names = json_array();
    json_t *o = json_own(r->arena, json_object());
    json_object_set_new(o, "scope", json_str(scope));
    json_object_set_new(o, "claims", names);
    for (size_t i = 0; i < asks->n; i++) {
        const struct words *claims = &asks->v[i].claims;
        for (size_t j = 0; asks->v[i].answer == ASK_GRANTED && j < claims->n; j++) {
            json_array_append_new(names, json_str(claims->v[j]));
        }
    }
    json_object_set_new(o, "consent", json_string(consent));
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

static struct grant_row grant_of(struct req *r, const struct party *p, const struct sso *sso,
                                 struct str scope, struct str claims, int64_t now)
{
    struct grant_row g = {.bucket = bucket_of(&sso->row.subject),
                          .subject = sso->row.subject,
                          .actor = sso->row.actor,
                          .mandate = sso->row.mandate,
                          .session = sso->row.id,
                          .client_id = p->client.id,
                          .scope = scope,
                          .claims = claims,
                          .offline = str_words_have(scope, STR("offline_access")),
                          .auth_time = sso->row.auth_time,
                          .created_at = now};
    task_id_make(r->task, g.id.b);
    uuid_mark_random(&g.id);
    g.expires_at = g.offline ? now + app_of(r)->config->refresh_lifetime_s : sso->row.expires_at;
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
    /* spec: OpenID Core §11:consent offline_access MUST be ignored without consent: its line is
     * granted only by the person, now or before */
    struct str scope = asks_scope(r->arena, q->scope, &agreement->asks);
    struct str claims = asks_claims(r->arena, scope, q->claims, &agreement->asks);
    struct grant_row grant = grant_of(r, p, sso, scope, claims, at);
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
                             .claims = claims,
                             .nonce = q->nonce,
                             .cnf = grant.cnf,
                             .resource = grant.resource};
    struct signer_issued_code issued;
    TRY(session_ask(r, &in, &issued));
    code.proof = issued.code_proof;
    grant.proof = issued.grant_proof;
    grant.sid = issued.sid;

    struct consent_row consent;
    asks_remembered(r->arena, agreement->known ? &agreement->row : NULL, scope, &agreement->asks,
                    &consent);
    struct audit audit = token_audit(r, AUDIT_GRANT, &grant, STR_NONE);
    bool exempt = p->client.consent_exempt && !now;
    audit.ground = exempt ? p->client.legal_ground : STR_NONE;
    audit.detail = audit_detail(r, scope, &agreement->asks,
                                now      ? "now"
                                : exempt ? "exempt"
                                         : "before");
    struct grant_new row = {.grant = &grant,
                            .code = &code,
                            .consent = now ? &consent : NULL,
                            .consent_id = agreement->known && !now ? &agreement->row.id : NULL,
                            .login_bucket = login == NULL ? NULL : &login->bucket,
                            .login_id = login == NULL ? NULL : &login->id,
                            .audit = &audit};
    TRY(store_grant_create(r->task, app->db, &row));
    redirect_code(r, q->redirect_uri, handle_text(r->arena, keys->handle_key, &h), q->state);
    return OK;
}
