/* What the grants share.  Must not decide who may have what: that is each grant's own file. */
#include "oidc/token_answer.h"
#include "base/clock.h"
#include "sso/sso.h"

/* spec: Back-Channel Logout §2.7:offline without offline_access a grant ends with its session
 * (store/grant.sql) */
bool grant_stands(const struct grant_row *g, int64_t now)
{
    return g->revoked_at == 0 && g->expires_at > now && str_eq(g->identity_state, STR("active"));
}

enum err grant_documents(struct req *r, const struct grant_row *g, struct signer_issue_tokens *in)
{
    json_t *claims = NULL;
    if (!str_is(g->claims) || json_read_in(r->arena, g->claims, &claims) != OK ||
        json_array_size(json_object_get(claims, "id_token")) == 0) {
        return OK;
    }
    size_t n = 0;
    TRY(store_documents(r->task, app_of(r)->db, &g->subject, &in->documents, &n));
    in->n_documents = (uint32_t)n;
    return OK;
}

static enum err refresh_handle(struct req *r, struct str text, struct handle *out)
{
    const struct app_keys *keys = NULL;
    TRY(app_keys(r->task, app_of(r), &keys));
    return handle_read(keys->handle_key, text, out) == OK
               ? OK
               : fail(ERR_NOT_FOUND, "refresh token: malformed");
}

enum err refresh_find(struct req *r, struct str text, struct handle *handle,
                      struct refresh_row *out)
{
    TRY(refresh_handle(r, text, handle));
    return store_refresh_find(r->task, app_of(r)->db, handle, out);
}

enum err refresh_take(struct req *r, struct str text, struct handle *handle,
                      struct refresh_row *out)
{
    TRY(refresh_handle(r, text, handle));
    return store_refresh_take(r->task, app_of(r)->db, handle, out);
}

void refresh_make(struct req *r, const struct grant_row *g, struct refresh_made *out,
                  struct signer_issue_tokens *in)
{
    int64_t end = clock_now_s() + app_of(r)->config->refresh_lifetime_s;
    out->expires_at = end < g->expires_at ? end : g->expires_at;
    handle_make(NULL, g->bucket, &out->handle);
    in->refresh_bearer = out->handle.hash;
    in->refresh_expires_at = out->expires_at;
}

struct audit token_audit(struct req *r, enum audit_event event, const struct grant_row *g,
                         struct str scope)
{
    struct audit entry = sso_audit(r, event);
    entry.bucket = g->bucket;
    entry.subject = g->subject;
    entry.actor = g->actor;
    entry.mandate = g->mandate;
    entry.session = g->session;
    entry.grant = g->id;
    entry.client_id = g->client_id;
    if (str_is(scope)) {
        struct json_members detail = json_members_begin(r->arena);
        json_members_text(&detail, "scope", scope);
        entry.detail = json_members_end(&detail);
    }
    return entry;
}

enum err family_end(struct req *r, const struct grant_row *g, const char *what)
{
    struct audit entry = token_audit(r, AUDIT_REUSE, g, STR_NONE);
    entry.refused = true;
    entry.detail = str_fmt(r->arena, "{\"reused\":\"%s\"}", what);
    TRY(store_grant_revoke(r->task, app_of(r)->db, g->bucket, &g->id, STR("reuse"), &entry));
    log_event(LOG_WARN, TOKEN_REUSED, LOG_STR("client", g->client_id), LOG_Z("what", what),
              LOG_STR("grant", uuid_text(r->arena, &g->id)));
    return OK;
}

void token_answer(struct req *r, const struct party *p, const char *grant_type,
                  const struct signer_issued_tokens *issued, bool bound, struct str refresh_token)
{
    struct json_members body = json_members_begin(r->arena);
    int64_t left = issued->expires_at - clock_now_s();
    json_members_text(&body, "access_token", issued->access_token);
    /* spec: RFC 9449 §5:type MUST be DPoP when the access token is bound */
    json_members_text(&body, "token_type", bound ? STR("DPoP") : STR("Bearer"));
    json_members_number(&body, "expires_in", left < 0 ? 0 : left);
    if (str_is(refresh_token)) {
        json_members_text(&body, "refresh_token", refresh_token);
    }
    /* spec: RFC 6749 §5.1:members scope REQUIRED if different from what was asked; always told */
    json_members_text(&body, "scope", issued->scope);
    /* spec: OpenID Core §3.1.3.3 the answer MUST have id_token */
    if (str_is(issued->id_token)) {
        json_members_text(&body, "id_token", issued->id_token);
    }
    log_event(LOG_INFO, TOKEN_ISSUED, LOG_STR("client", p->client.id),
              LOG_Z("grant_type", grant_type));
    /* spec: RFC 6749 §5.1:no_store MUST include Cache-Control: no-store (http/security.c adds it)
     */
    reply_json_text(r, 200, json_members_end(&body));
}
