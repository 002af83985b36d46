/* One-time codes from the administrator, with which a person sets a password.  Kept as HMAC-SHA256
 * under the pepper, not as Argon2id: of 80 random bits nothing can be guessed, with the pepper or
 * without it, and comparing costs the same for everybody.
 *
 * An attempt is a login: the same throttles, one look and one write, the same answer for an unknown
 * number, somebody without a code, a wrong one and one that is over.  A right one gives a proof
 * that can do nothing but set the password; the code is used up by the statement that does. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/ct.h"
#include "identity/personal_number.h"
#include "log/log.h"
#include "signer/handle.h"
#include "verifier/code_text.h"
#include "verifier/throttle.h"

#define ENROLMENT_S 900

/* pepper 0: the active one.  ERR_NOT_FOUND for a pepper that is gone. */
static enum err digest_of(struct arena *a, const struct verifier *v, uint32_t pepper,
                          const struct uuid *identity, const struct uuid *id, struct str code,
                          uint32_t *used, uint8_t out[32])
{
    struct sha256 mac;
    struct str text = str_fmt(a, "one-time code v1 %.*s %.*s %.*s", STR_FMT(uuid_text(a, identity)),
                              STR_FMT(uuid_text(a, id)), STR_FMT(code));
    TRY(verifier_pepper(v->keys, pepper, text, used, &mac));
    memcpy(out, mac.b, SHA256_SIZE);
    return OK;
}

enum err code_make(struct arena *a, struct verifier *v, const struct verifier_make_code *in,
                   struct verifier_made_code *out)
{
    struct vault_code code = {.found = true};
    struct vault_code_made made;
    struct str plain;
    TRY(verifier_keys_refresh(a, v, false));
    struct str text = code_text_make(a);
    TRY(code_text_read(a, text, &plain));
    uuid_random(&code.id);
    TRY(digest_of(a, v, 0, &in->identity, &code.id, plain, &code.pepper_version, code.digest));
    struct audit entry = {
        .event = AUDIT_CREDENTIAL_CODE,
        .bucket = bucket_of(&in->identity),
        .subject = in->identity,
        .operator_name = in->operator_name,
        .detail = in->recover ? STR("{\"factor\":\"one_time_code\",\"recover\":true}")
                              : STR("{\"factor\":\"one_time_code\"}"),
    };
    struct vault_code_new put = {
        .identity = in->identity,
        .code = &code,
        .lifetime_s = v->config->password_code_lifetime_s,
        .recover = in->recover != 0,
        .audit = &entry,
    };
    memcpy(put.request_id, in->request_id, sizeof(put.request_id));
    TRY(vault_code_put(a, v->vault, &put, &made));
    *out = (struct verifier_made_code){
        .code = text, .had_password = made.had_password, .expires_at = made.expires_at};
    return OK;
}

/* Why this code sets no password, or NULL. */
static const char *judge(struct arena *a, struct verifier *v, const struct vault_account *account,
                         const struct vault_code *code, struct str typed)
{
    uint8_t digest[32];
    uint32_t used;
    bool known = digest_of(a, v, code->pepper_version, &account->identity, &code->id, typed, &used,
                           digest) == OK ||
                 (verifier_keys_refresh(a, v, true) == OK &&
                  digest_of(a, v, code->pepper_version, &account->identity, &code->id, typed, &used,
                            digest) == OK);
    bool same = known && ct_equal(digest, code->digest, sizeof(digest));
    if (!account->found) {
        return "unknown";
    }
    if (!str_eqz(account->kind, "person")) {
        return "not_a_person";
    }
    if (!str_eqz(account->state, "active")) {
        return "not_active";
    }
    if (!code->found) {
        return "no_code";
    }
    if (!same) {
        return known ? "code" : "pepper_gone";
    }
    return code->expired ? "code_expired" : NULL;
}

static struct audit audit_entry(struct arena *a, const struct verifier_code *in,
                                const struct vault_account *account, const char *why)
{
    struct audit entry = {
        .event = why == NULL ? AUDIT_CREDENTIAL_ACCEPTED : AUDIT_LOGIN_REFUSED,
        .refused = why != NULL,
        .address_sealed = in->address_sealed,
        .detail = why == NULL ? STR("{\"factor\":\"one_time_code\"}")
                              : str_fmt(a, "{\"factor\":\"one_time_code\",\"reason\":\"%s\"}", why),
        .bucket = (uint16_t)((in->request_id[14] << 8 | in->request_id[15]) >> 4),
    };
    if (account->found) {
        entry.subject = account->identity;
        entry.actor = account->identity;
        entry.bucket = bucket_of(&account->identity);
    }
    return entry;
}

static struct str enrolment(struct arena *a, const struct verifier *v,
                            const struct verifier_code *in, const struct vault_account *account,
                            const struct vault_code *code)
{
    struct proof p = {
        .kind = PROOF_ENROLMENT,
        .bearer = in->bearer,
        .subject = account->identity,
        .actor = account->identity,
        .grant = code->id,
        .account_level = account->account_level,
        .authentication_level = 1,
        .auth_time = clock_now_s(),
    };
    p.expires_at = p.auth_time + ENROLMENT_S;
    return verifier_proof_seal(a, v->keys, &p);
}

enum err code_check(struct arena *a, struct verifier *v, const struct verifier_code *in,
                    struct verifier_answer *out)
{
    struct personal_number number;
    struct str typed;
    struct vault_throttle throttles[THROTTLES];
    struct vault_account account;
    struct vault_code code;
    uint32_t versions[LOOKUP_KEYS_MAX], wait_s;
    uint8_t digests[LOOKUP_KEYS_MAX][32];
    /* What can't be a number or a code of anybody tells nothing by a quick answer. */
    if (personal_number_read(in->login_name, &number) != OK ||
        code_text_read(a, in->code, &typed) != OK) {
        *out = (struct verifier_answer){.outcome = LOGIN_WRONG};
        return OK;
    }
    TRY(verifier_keys_refresh(a, v, false));
    struct str digits = personal_number_text(a, &number);
    throttle_keys(a, v, STR("throttle account"), digits, in->address, throttles);
    size_t n = number_digests(v, digits, versions, digests);
    TRY(vault_read_code(a, v->vault, versions, (const uint8_t(*)[32])digests, n, throttles,
                        &account, &code));
    if (throttle_blocks(v, throttles, &wait_s)) {
        struct audit entry = audit_entry(a, in, &account, "throttled");
        TRY(vault_audit(a, v->vault, &entry, in->request_id));
        log_event(LOG_WARN, LOGIN_THROTTLED, LOG_INT("wait_s", wait_s));
        *out = (struct verifier_answer){.outcome = LOGIN_LATER, .retry_after_s = wait_s};
        return OK;
    }
    const char *why = judge(a, v, &account, &code, typed);
    struct audit entry = audit_entry(a, in, &account, why);
    struct vault_result result = {.accepted = why == NULL, .audit = &entry};
    throttle_limits(v, throttles, &result);
    result.identity = account.identity;
    memcpy(result.request_id, in->request_id, sizeof(result.request_id));
    TRY(vault_finish(a, v->vault, &result));
    if (why != NULL) {
        log_event(LOG_INFO, LOGIN_NOT_ACCEPTED, LOG_Z("reason", why));
        *out = (struct verifier_answer){.outcome = LOGIN_WRONG};
        return OK;
    }
    *out = (struct verifier_answer){
        .outcome = LOGIN_ACCEPTED,
        .proof = enrolment(a, v, in, &account, &code),
        .subject = account.identity,
        .account_level = account.account_level,
        .authentication_level = 1,
        .auth_time = clock_now_s(),
    };
    return OK;
}
