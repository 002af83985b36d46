/* THE table: which warrant each operation needs on each channel, and how often.  tests/unit/signer
 * walks all of it; docs/wire.md shows it.  DESIGN.md section 3: every signer operation accepts
 * named warrants only. */
#include "signer/warrant.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/ct.h"
#include "base/json.h"
#include "jose/jwt.h"
#include "signer/handle.h"
#include "signer/state.h"
#include "signer/subject.h"
#include "signer/token.h"

struct rule {
    enum warrant by[CHANNEL_COUNT];
    uint32_t per_hour; /* in one signer process */
};

#define OPERATOR_PER_HOUR 300
#define ADDRESSES_PER_HOUR 300
#define LOOKUPS_PER_HOUR                                                                           \
    200000 /* an import; a search through all numbers of one day of birth takes longer */
/* Up to three a person, and one signer may get most of them: as many people as the disks take. What
 * a hijacked admin process could do with it stands in docs/threats.md. */
#define IMPORTS_PER_HOUR 40000000

static const struct rule rules[SIGNER_OP_COUNT] = {
    [SIGNER_HELLO] = {.by = {[CHANNEL_PARENT] = WARRANT_PARENT}},
    [SIGNER_LOAD_KEYS] =
        {.by = {[CHANNEL_CLERK] = WARRANT_NONE_NEEDED, [CHANNEL_ADMIN] = WARRANT_NONE_NEEDED}},
    [SIGNER_GENERATE_KEY] =
        {.by = {[CHANNEL_CLERK] = WARRANT_NONE_NEEDED, [CHANNEL_ADMIN] = WARRANT_NONE_NEEDED}},
    [SIGNER_REWRAP] =
        {.by = {[CHANNEL_CLERK] = WARRANT_NONE_NEEDED, [CHANNEL_ADMIN] = WARRANT_NONE_NEEDED}},
    [SIGNER_KEY_SET] = {.by = {[CHANNEL_PARENT] = WARRANT_NONE_NEEDED,
                               [CHANNEL_WEB] = WARRANT_NONE_NEEDED,
                               [CHANNEL_VERIFIER] = WARRANT_NONE_NEEDED,
                               [CHANNEL_CLERK] = WARRANT_NONE_NEEDED,
                               [CHANNEL_COURIER] = WARRANT_NONE_NEEDED,
                               [CHANNEL_ADMIN] = WARRANT_NONE_NEEDED}},
    [SIGNER_SEAL] = {.by = {[CHANNEL_WEB] = WARRANT_NONE_NEEDED,
                            [CHANNEL_VERIFIER] = WARRANT_NONE_NEEDED,
                            [CHANNEL_CLERK] = WARRANT_NONE_NEEDED,
                            [CHANNEL_ADMIN] = WARRANT_NONE_NEEDED}},
    [SIGNER_ISSUE_CODE] = {.by = {[CHANNEL_WEB] = WARRANT_SESSION}},
    [SIGNER_ISSUE_TOKENS] = {.by = {[CHANNEL_WEB] = WARRANT_CODE}},
    [SIGNER_CLIENT_TOKEN] = {.by = {[CHANNEL_WEB] = WARRANT_NO_PERSON}},
    [SIGNER_USERINFO] = {.by = {[CHANNEL_WEB] = WARRANT_ACCESS_TOKEN}},
    [SIGNER_LOGOUT_TOKEN] = {.by = {[CHANNEL_COURIER] = WARRANT_DELIVERY}},
    [SIGNER_IDENTITY_OPEN] = {.by = {[CHANNEL_ADMIN] = WARRANT_OPERATOR},
                              .per_hour = OPERATOR_PER_HOUR},
    [SIGNER_LOOKUP_DIGESTS] = {.by = {[CHANNEL_ADMIN] = WARRANT_COUNTED},
                               .per_hour = LOOKUPS_PER_HOUR},
    [SIGNER_ADDRESS_OPEN] = {.by = {[CHANNEL_ADMIN] = WARRANT_OPERATOR},
                             .per_hour = ADDRESSES_PER_HOUR},
    [SIGNER_PERSON] = {.by = {[CHANNEL_WEB] = WARRANT_SESSION}},
    /* Needs none: neither of them can open the answer. */
    [SIGNER_PASSWORD_WORDS] =
        {.by = {[CHANNEL_WEB] = WARRANT_NONE_NEEDED, [CHANNEL_ADMIN] = WARRANT_NONE_NEEDED}},
    [SIGNER_IMPORT_DIGESTS] = {.by = {[CHANNEL_ADMIN] = WARRANT_OPERATOR},
                               .per_hour = IMPORTS_PER_HOUR},
    [SIGNER_IMPORT_COMPARE] = {.by = {[CHANNEL_ADMIN] = WARRANT_OPERATOR},
                               .per_hour = IMPORTS_PER_HOUR},
    [SIGNER_SANDBOX_FORGE] = {.by = {[CHANNEL_WEB] = WARRANT_SANDBOX}},
};

enum warrant warrant_needed(uint16_t op, enum channel from)
{
    if (op >= SIGNER_OP_COUNT || from < CHANNEL_PARENT || from >= CHANNEL_COUNT) {
        return WARRANT_REFUSED;
    }
    return rules[op].by[from];
}

uint32_t warrant_quota(uint16_t op)
{
    return op < SIGNER_OP_COUNT ? rules[op].per_hour : 0;
}

enum err warrant_count(struct quota *q, uint16_t op, int64_t now)
{
    uint32_t limit = warrant_quota(op);
    int64_t hour = now / 3600;
    if (limit == 0) {
        return OK;
    }
    if (q->hour != hour) {
        *q = (struct quota){.hour = hour};
    }
    if (q->used >= limit) {
        return fail(ERR_DENIED, "warrant: the quota of %u an hour is used up", (unsigned)limit);
    }
    q->used++;
    return OK;
}

/* Whatever was wrong with what was brought, the answer is a refusal that says why.  What was
 * genuine and has just expired stays ERR_EXPIRED: clocks and races do that, it is no alarm. */
static enum err refused(enum err how, const char *what)
{
    if (err_is_ours(how)) {
        return how; /* memory or libcrypto: says nothing about what was brought */
    }
    char why[200];
    (void)snprintf(why, sizeof why, "%s", err_reason());
    return fail(how == ERR_EXPIRED ? ERR_EXPIRED : ERR_DENIED, "warrant: %s: %s", what, why);
}

static enum err open_with_secret(struct arena *a, const struct signer *s, struct str sealed,
                                 struct str secret, const char *what, struct proof *out)
{
    enum err e = proof_open(a, s->keys->proofs, s->keys->n_proofs, sealed, signer_now(s), out);
    if (e != OK) {
        return refused(e, what);
    }
    if (!proof_goes_with(out, secret)) {
        return fail(ERR_DENIED, "warrant: %s: the secret does not go with the proof", what);
    }
    return OK;
}

enum err warrant_session(struct arena *a, const struct signer *s, struct str proof,
                         struct str secret, struct proof *out)
{
    struct proof p;
    TRY(open_with_secret(a, s, proof, secret, "session proof", &p));
    if (p.kind != PROOF_SESSION) {
        return fail(ERR_DENIED, "warrant: session proof: it is of another kind");
    }
    *out = p;
    return OK;
}

enum err warrant_code(struct arena *a, const struct signer *s, struct str proof, struct str secret,
                      struct proof *out)
{
    struct proof p;
    TRY(open_with_secret(a, s, proof, secret, "code or refresh proof", &p));
    if (p.kind != PROOF_CODE && p.kind != PROOF_REFRESH) {
        return fail(ERR_DENIED, "warrant: code or refresh proof: it is of another kind");
    }
    *out = p;
    return OK;
}

/* Signature, type, issuer, audience and time.
 * spec: RFC 9068 §4:typ, §4:iss, §4:aud, §4:signature, §4:exp MUST */
static enum err own_access_token(struct arena *a, const struct signer *s, struct str token,
                                 json_t **claims)
{
    struct jws jws;
    TRY(jws_parse(a, token, &jws));
    const struct held_key *key = held_published(s->keys, jws.kid);
    if (key == NULL) {
        return fail(ERR_DENIED, "its key is unknown or revoked");
    }
    TRY(jws_verify(&jws, sign_key_public(key->sign), token_type_name(TOKEN_ACCESS)));
    TRY(jwt_claims(a, &jws, claims));
    return jwt_check(*claims, &(struct jwt_expect){.issuer = s->issuer,
                                                   .audiences = &s->issuer,
                                                   .n_audiences = 1,
                                                   .now = signer_now(s),
                                                   .ahead_s = CLOCKS_APART_S});
}

enum err warrant_access_token(struct arena *a, const struct signer *s, struct str token,
                              struct str proof, struct proof *out, struct str *scope)
{
    json_t *claims = NULL;
    struct proof p;
    enum err e = own_access_token(a, s, token, &claims);
    if (e != OK) {
        return refused(e, "access token");
    }
    e = proof_open(a, s->keys->proofs, s->keys->n_proofs, proof, signer_now(s), &p);
    if (e != OK) {
        return refused(e, "grant proof");
    }
    if (p.kind != PROOF_GRANT) {
        return fail(ERR_DENIED, "warrant: grant proof: it is of another kind");
    }
    uint16_t bucket;
    struct uuid grant;
    if (jti_read(secret_bytes(s->keys->handle->secret), json_member(claims, "jti"), &bucket,
                 &grant) != OK) {
        return refused(ERR_DENIED, "access token");
    }
    struct str sub;
    TRY(subject_text(a, s->keys, &p.subject, p.sector, &sub));
    if (json_object_get(claims, TOKEN_KIND_CLAIM) != NULL || uuid_is_none(&grant) ||
        !ct_equal(grant.b, p.grant.b, UUID_SIZE) ||
        !str_eq(json_member(claims, "client_id"), p.client_id) ||
        !str_eq(json_member(claims, "sub"), sub)) {
        return fail(ERR_DENIED, "warrant: the access token is not of this grant");
    }
    *scope = json_member(claims, "scope");
    *out = p;
    return OK;
}

enum err warrant_operator(struct str name, struct str reason)
{
    if (!str_is(str_trim(name)) || !str_is(str_trim(reason))) {
        return fail(ERR_DENIED, "warrant: an operator's name and a reason are needed");
    }
    return OK;
}
