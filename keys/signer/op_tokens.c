/* Codes and tokens: each step of the chain session -> code -> tokens -> refresh is granted by the
 * proof of the step before and never widens it.  RFC 9068 (access tokens), OpenID Connect Core 1.0
 * §2 (ID tokens). */
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "signer/confirmation.h"
#include "signer/document.h"
#include "signer/handle.h"
#include "signer/id_token.h"
#include "signer/release.h"
#include "signer/state.h"
#include "signer/subject.h"
#include "signer/token.h"

/* spec: RFC 6749 §4.1.2:lifetime a maximum authorization code lifetime of 10 minutes is RECOMMENDED
 */
#define CODE_LIFETIME_MAX_S 600
#define WORDS_MAX ((size_t)4096)

static int64_t min_i64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool hash_is_none(const struct sha256 *h)
{
    static const struct sha256 none;
    return memcmp(h, &none, sizeof none) == 0;
}

static int64_t grant_end(const struct proof *p)
{
    return p->grant_ends_at != 0 ? p->grant_ends_at : p->expires_at;
}

static enum err check_code_request(struct arena *a, const struct proof *code)
{
    if (code->kind != PROOF_CODE || hash_is_none(&code->bearer) || uuid_is_none(&code->grant) ||
        !str_is(code->client_id) || !str_is(code->sector)) {
        return fail(ERR_INPUT, "issue code: kind, bearer, grant, client or sector is missing");
    }
    struct confirmation cnf;
    TRY(confirmation_read(code->cnf, &cnf));
    return release_check(a, code->claims);
}

/* What the session says, the request can't. */
static void take_person(struct proof *to, const struct proof *session)
{
    to->subject = session->subject;
    to->actor = session->actor;
    to->mandate = session->mandate;
    to->mandate_expires_at = session->mandate_expires_at;
    to->session = session->session;
    to->account_level = session->account_level;
    to->authentication_level = session->authentication_level;
    to->amr = session->amr;
    to->auth_time = session->auth_time;
}

enum err op_issue_code(struct arena *a, struct signer *s, enum channel from, struct str request,
                       struct str *answer)
{
    (void)from;
    struct signer_issue_code m;
    struct proof session;
    int64_t now = signer_now(s);
    TRY(get_signer_issue_code(a, request, &m));
    TRY(warrant_session(a, s, m.session_proof, m.session_secret, &session));
    TRY(check_code_request(a, &m.code));

    struct proof code = m.code;
    take_person(&code, &session);
    int64_t end = grant_end(&session);
    code.grant_ends_at = code.grant_ends_at == 0 ? end : min_i64(code.grant_ends_at, end);
    code.expires_at =
        min_i64(code.expires_at, min_i64(session.expires_at, now + CODE_LIFETIME_MAX_S));

    struct proof grant = code;
    grant.kind = PROOF_GRANT;
    memset(&grant.bearer, 0, sizeof grant.bearer);
    grant.nonce = STR_NONE;
    grant.expires_at = code.grant_ends_at;
    if (!proof_narrows(&session, &code) || !proof_narrows(&session, &grant)) {
        return fail(ERR_DENIED, "warrant: the code would be wider than its session");
    }
    struct signer_issued_code out = {
        .code_proof = proof_seal(a, &s->keys->proofs[0], &code),
        .grant_proof = proof_seal(a, &s->keys->proofs[0], &grant),
        .sid = session_text(a, s->keys, &session.session, code.client_id)};
    if (m.want_sub != 0) {
        TRY(subject_text(a, s->keys, &session.subject, code.sector, &out.sub));
    }
    ANSWER(a, signer_issued_code, &out, answer);
    return OK;
}

/* The narrowed words, or all. */
static enum err narrow_words(struct str wanted, struct str granted, const char *what,
                             struct str *out)
{
    struct str rest = wanted, word;
    if (wanted.p == NULL) {
        *out = granted;
        return OK;
    }
    if (wanted.n > WORDS_MAX) {
        return fail(ERR_LIMIT, "issue tokens: %s too long", what);
    }
    while (str_word(&rest, &word)) {
        if (!str_words_have(granted, word)) {
            return fail(ERR_DENIED, "warrant: %s is wider than what was granted", what);
        }
    }
    *out = wanted;
    return OK;
}

/* spec: RFC 9068 §2.2 aud REQUIRED: who is to take the token, we when nobody is named */
static enum err audience(struct payload *claims, struct str wanted, struct str issuer)
{
    struct str rest = wanted, word;
    if (!str_is(wanted)) {
        return payload_text(claims, "aud", issuer);
    }
    return str_word(&rest, &word) ? payload_words(claims, "aud", wanted)
                                  : fail(ERR_INPUT, "issue tokens: an audience of nobody");
}

/* spec: RFC 9068 §2.2 iss, exp, aud, sub, client_id, iat, jti REQUIRED; §2.2.1 auth_time, acr, amr;
 * §2.2.3 scope */
static enum err access_token(struct arena *a, struct signer *s, const struct proof *p,
                             const struct pairwise *names, struct str scope, struct str resource,
                             struct str cnf, int64_t now, int64_t exp, struct str *out)
{
    struct payload claims = payload_begin(a);
    const struct held_key *key;
    TRY(held_signing(s->keys, ALG_ES256, now, &key));
    TRY(payload_text(&claims, "iss", s->issuer));
    TRY(payload_text(&claims, "sub", names->sub));
    TRY(audience(&claims, resource, s->issuer));
    TRY(payload_text(&claims, "client_id", p->client_id));
    TRY(payload_number(&claims, "iat", now));
    TRY(payload_number(&claims, "exp", exp));
    TRY(payload_text(&claims, "jti",
                     jti_text(a, &s->jti_random, secret_bytes(s->keys->handle->secret),
                              bucket_of(&p->subject), &p->grant)));
    TRY(payload_text(&claims, "scope", str_is(scope) ? scope : STR_NONE));
    TRY(payload_text(&claims, "sid", names->sid));
    TRY(payload_login(a, &claims, p));
    TRY(payload_actor(a, &claims, s->keys, p));
    TRY(payload_cnf(&claims, cnf));
    return token_sign(a, key, TOKEN_ACCESS, payload_end(&claims), out);
}

static enum err refresh_proof(struct arena *a, const struct signer *s, const struct proof *parent,
                              const struct signer_issue_tokens *m, struct str cnf, int64_t now,
                              struct str *out)
{
    struct proof child = *parent;
    child.kind = PROOF_REFRESH;
    child.bearer = m->refresh_bearer;
    child.cnf = cnf;
    child.grant_ends_at = grant_end(parent);
    child.expires_at = min_i64(m->refresh_expires_at, child.grant_ends_at);
    if (child.expires_at <= now) {
        return fail(ERR_INPUT, "issue tokens: the refresh token would be expired");
    }
    if (!proof_narrows(parent, &child)) {
        return fail(ERR_DENIED, "warrant: the refresh token would be wider than its predecessor");
    }
    *out = proof_seal(a, &s->keys->proofs[0], &child);
    return OK;
}

/* Bound to the key the proof names, or for the first time to the one that is shown now. */
static enum err bind(struct arena *a, const struct proof *p, struct str shown, struct str *token,
                     struct str *next)
{
    struct confirmation holds, key, of_token, of_next;
    TRY(confirmation_read(p->cnf, &holds));
    TRY(confirmation_read(shown, &key));
    if (confirmation_step(&holds, &key, &of_token, &of_next) != OK) {
        return fail(ERR_DENIED, "warrant: the proof is bound to a key that was not shown");
    }
    *token = confirmation_text(a, &of_token);
    *next = confirmation_text(a, &of_next);
    return OK;
}

/* The floor may have been raised since the login. */
static enum err check_floor(const struct signer_issue_tokens *m, const struct proof *p)
{
    return p->account_level < m->account_level_floor ||
                   p->authentication_level < m->authentication_level_floor
               ? fail(ERR_CONFLICT, "issue tokens: the login is below the client's floor")
               : OK;
}

enum err op_issue_tokens(struct arena *a, struct signer *s, enum channel from, struct str request,
                         struct str *answer)
{
    (void)from;
    struct signer_issue_tokens m;
    struct signer_issued_tokens out = {0};
    struct proof p;
    struct pairwise names;
    struct str resource, cnf, next_cnf;
    int64_t now = signer_now(s);
    TRY(get_signer_issue_tokens(a, request, &m));
    TRY(warrant_code(a, s, m.proof, m.secret, &p));
    TRY(check_floor(&m, &p));
    TRY(narrow_words(m.scope, p.scope, "scope", &out.scope));
    /* nobody named is no narrowing: the token would be for us, whatever was granted */
    TRY(narrow_words(str_is(m.resource) ? m.resource : STR_NONE, p.resource, "resource",
                     &resource));
    TRY(bind(a, &p, m.cnf, &cnf, &next_cnf));
    TRY(pairwise_of(a, s->keys, &p, &names));

    int64_t lifetime = s->access_token_lifetime_s;
    if (m.access_token_lifetime_s != 0) {
        lifetime = min_i64(lifetime, m.access_token_lifetime_s);
    }
    /* spec: OpenID Core §16.14 nothing outlives its grant */
    out.expires_at = min_i64(now + lifetime, grant_end(&p));
    TRY(access_token(a, s, &p, &names, out.scope, resource, cnf, now, out.expires_at,
                     &out.access_token));
    if (m.want_id_token != 0 && str_words_have(out.scope, STR("openid"))) {
        struct id_token_request id = {.proof = &p,
                                      .names = &names,
                                      .alg = m.id_token_alg,
                                      .access_token = out.access_token,
                                      .documents = m.documents,
                                      .n_documents = m.n_documents,
                                      .now = now};
        TRY(id_token_make(a, s, &id, &out.id_token));
    }
    if (!hash_is_none(&m.refresh_bearer)) {
        TRY(refresh_proof(a, s, &p, &m, next_cnf, now, &out.refresh_proof));
    }
    ANSWER(a, signer_issued_tokens, &out, answer);
    return OK;
}

/* spec: RFC 9068 §5: sub of a client's token SHOULD NOT collide with a person's; the kind says it
 * besides. */
enum err op_client_token(struct arena *a, struct signer *s, enum channel from, struct str request,
                         struct str *answer)
{
    (void)from;
    static const struct uuid no_grant;
    struct signer_client_token m;
    struct signer_client_tokened out;
    const struct held_key *key;
    struct payload claims = payload_begin(a);
    int64_t now = signer_now(s);
    TRY(get_signer_client_token(a, request, &m));
    if (!str_is(m.client_id)) {
        return fail(ERR_INPUT, "client token: no client");
    }
    int64_t lifetime = s->access_token_lifetime_s;
    out.expires_at = now + (m.lifetime_s != 0 ? min_i64(lifetime, m.lifetime_s) : lifetime);
    TRY(held_signing(s->keys, ALG_ES256, now, &key));
    TRY(payload_text(&claims, "iss", s->issuer));
    TRY(payload_text(&claims, "sub", m.client_id));
    TRY(audience(&claims, m.audience, s->issuer));
    TRY(payload_text(&claims, "client_id", m.client_id));
    TRY(payload_number(&claims, "iat", now));
    TRY(payload_number(&claims, "exp", out.expires_at));
    TRY(payload_text(
        &claims, "jti",
        jti_text(a, &s->jti_random, secret_bytes(s->keys->handle->secret), 0, &no_grant)));
    TRY(payload_text(&claims, "scope", str_is(m.scope) ? m.scope : STR_NONE));
    /* spec: RFC 9700 §4.15, RFC 9068 §5 SHOULD NOT be taken for a person's */
    TRY(payload_text(&claims, TOKEN_KIND_CLAIM, STR(TOKEN_KIND_CLIENT)));
    TRY(payload_cnf(&claims, m.cnf));
    TRY(token_sign(a, key, TOKEN_ACCESS, payload_end(&claims), &out.access_token));
    ANSWER(a, signer_client_tokened, &out, answer);
    return OK;
}
