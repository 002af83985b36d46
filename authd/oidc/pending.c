/* Reading a login in progress that oidc decides about, and the session it may use. */
#include "oidc/pending.h"
#include "base/clock.h"
#include "base/ct.h"
#include "peer/signer_client.h"
#include "sso/login.h"

/* A code proof that is asked for its names only and thrown away. */
#define NAMES_ONLY_LIFETIME_S 10

enum err pending_find(struct req *r, struct pending *out)
{
    struct pending p = {.text = r->tail};
    TRY(sso_login_find(r, &p.handle, &p.login));
    if (sso_login_is_own(&p.login)) {
        return fail(ERR_NOT_FOUND, "login: no service asked for it");
    }
    TRY(authorize_request_load(r->arena, p.login.request.parameters, &p.request));
    TRY(party_find(r, p.login.client_id, &p.party));
    if (!client_may_redirect(&p.party.client, p.request.redirect_uri)) {
        return fail(ERR_NOT_FOUND, "login: the redirect URI is no longer registered");
    }
    p.language = page_language(r, p.request.ui_locales);
    *out = p;
    return OK;
}

enum err pending_page(struct req *r, enum err why)
{
    int status;
    const char *key = sso_login_refusal(why, &status);
    log_failure(LOG_INFO, AUTHORIZE_REFUSED, why, LOG_Z("refusal", "LOGIN_IN_PROGRESS"));
    return key == NULL ? why : page_error(r, status, page_language(r, STR_NONE), key, STR_NONE);
}

enum err session_now(struct req *r, bool *found, struct sso *out)
{
    enum err e = sso_find(r, out);
    *found = e == OK;
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err session_now_agreed(struct req *r, struct str client_id, bool *found, struct sso *out,
                            struct consent_row *consent)
{
    enum err e = sso_find_agreed(r, client_id, out, consent);
    *found = e == OK;
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err session_refused(struct req *r, struct str where)
{
    sso_clear_cookie(r);
    reply_redirect(r, where);
    return OK;
}

enum err session_ask(struct req *r, const struct signer_issue_code *in,
                     struct signer_issued_code *out)
{
    enum err e = ask_issue_code(r->task, app_of(r)->signers, in, out);
    return e == ERR_EXPIRED ? fail(ERR_DENIED, "session: it has just ended") : e;
}

enum err session_known_as(struct req *r, const struct party *p, const struct sso *sso,
                          struct known_as *out)
{
    struct handle unused;
    handle_make(NULL, sso->row.bucket, &unused);
    struct signer_issue_code in = {
        .session_proof = sso->row.proof, .session_secret = sso->secret, .want_sub = 1};
    in.code = (struct proof){.kind = PROOF_CODE,
                             .bearer = unused.hash,
                             .expires_at = clock_now_s() + NAMES_ONLY_LIFETIME_S,
                             .client_id = p->client.id,
                             .sector = p->client.sector,
                             .scope = STR("openid")};
    uuid_random(&in.code.grant);
    struct signer_issued_code issued;
    TRY(session_ask(r, &in, &issued));
    *out = (struct known_as){issued.sub, issued.sid};
    return OK;
}

static bool same_uuid(const struct uuid *a, const struct uuid *b)
{
    return ct_equal(a->b, b->b, UUID_SIZE);
}

enum err situation_of(struct req *r, const struct party *p, const struct authorize_request *q,
                      const struct login_row *login, bool found, const struct sso *sso,
                      struct situation *out)
{
    struct situation s = {
        .request = q, .client = &p->client, .has_session = found, .now = clock_now_s()};
    if (found) {
        bool attached =
            login != NULL && login->has_session && same_uuid(&login->session_id, &sso->row.id);
        s.levels = (struct levels){sso->row.account_level, sso->row.authentication_level};
        s.auth_time = sso->row.auth_time;
        s.chosen = attached;
        s.authenticated_now = attached && login->authenticated_at > 0;
    }
    if (found && str_is(q->sub)) {
        struct known_as known;
        TRY(session_known_as(r, p, sso, &known));
        s.other_person = !str_eq(known.sub, q->sub);
    }
    *out = s;
    return OK;
}
