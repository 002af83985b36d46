/* A password set by the person: the first one, after a right one-time code, and a change, after the
 * present one.  Who asks is proved by what a verifier sealed and the browser's secret that goes
 * with it; the statement decides whether code or session still stand, and ends what the old
 * password opened. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/ct.h"
#include "log/log.h"
#include "signer/handle.h"
#include "verifier/new_password.h"
#include "verifier/opaque.h"
#include "verifier/throttle.h"

static struct verifier_changed answer(const struct verifier *v, enum change_outcome outcome)
{
    return (struct verifier_changed){
        .outcome = (uint8_t)outcome,
        .length_min = (uint32_t)v->config->password_length_min,
    };
}

static struct verifier_changed refused(const struct verifier *v, enum password_fault fault)
{
    struct verifier_changed out = answer(v, CHANGE_REFUSED);
    out.fault = (uint8_t)fault;
    return out;
}

enum err present_proof(struct arena *a, const struct verifier *v, enum proof_kind kind,
                       struct str sealed, struct str secret, struct proof *out)
{
    TRY(verifier_proof_open(a, v->keys, sealed, clock_now_s(), out));
    if (out->kind != kind || !proof_goes_with(out, secret)) {
        return fail(ERR_DENIED, "proof: of another kind or browser");
    }
    return OK;
}

static struct audit entry_of(const struct proof *p, struct str address_sealed, struct str detail)
{
    return (struct audit){
        .event = AUDIT_CREDENTIAL_SET,
        .bucket = bucket_of(&p->subject),
        .subject = p->subject,
        .actor = p->actor,
        .session = p->session,
        .address_sealed = address_sealed,
        .detail = detail,
    };
}

enum err first_password(struct arena *a, struct verifier *v,
                        const struct verifier_first_password *in, struct verifier_changed *out)
{
    struct proof p;
    struct new_password fresh = {.pepper = 0};
    enum password_fault fault;
    TRY(verifier_keys_refresh(a, v, false));
    enum err e = present_proof(a, v, PROOF_ENROLMENT, in->enrolment, in->secret, &p);
    if (e == ERR_EXPIRED) {
        *out = answer(v, CHANGE_OVER);
        return OK;
    }
    TRY(e);
    TRY(str_is(in->words) ? OK : fail(ERR_DENIED, "first password: without a signer's words"));
    TRY(new_password_judge(a, v, &p.subject, in->words, in->password, &fresh, &fault));
    if (fault != PASSWORD_FINE) {
        *out = refused(v, fault);
        return OK;
    }
    TRY(new_password_hash(a, v, &fresh));
    struct audit entry =
        entry_of(&p, in->address_sealed, STR("{\"factor\":\"password\",\"by\":\"one_time_code\"}"));
    entry.session = in->session;
    uint32_t generation;
    e = vault_first_password(a, v->vault, &p.subject, &p.grant, fresh.verifier, fresh.pepper,
                             &entry, in->request_id, &generation);
    if (e == ERR_CONFLICT) {
        log_failure(LOG_INFO, LOGIN_NOT_ACCEPTED, e, LOG_Z("reason", "code_used"));
        *out = answer(v, CHANGE_OVER);
        return OK;
    }
    TRY(e);
    struct session_wish wish = {
        .bearer = in->bearer,
        .subject = p.subject,
        .session = in->session,
        .account_level = p.account_level,
        .generation = generation,
        .expires_at = in->session_expires_at,
    };
    struct verifier_answer login;
    session_prove(a, v, &wish, &login);
    *out = answer(v, CHANGE_DONE);
    out->proof = login.proof;
    out->subject = login.subject;
    out->session = login.session;
    out->account_level = login.account_level;
    out->authentication_level = login.authentication_level;
    out->amr = login.amr;
    out->auth_time = login.auth_time;
    out->generation = login.generation;
    return OK;
}

enum err present_check(struct arena *a, struct verifier *v, const struct present *in,
                       struct proof *who, struct vault_account *account,
                       struct verifier_changed *out)
{
    struct proof p;
    struct vault_throttle throttles[THROTTLES];
    struct str current;
    uint32_t wait_s;
    bool right = false;
    TRY(verifier_keys_refresh(a, v, false));
    enum err e = present_proof(a, v, PROOF_SESSION, in->session_proof, in->secret, &p);
    if (e == ERR_EXPIRED) {
        *out = answer(v, CHANGE_OVER);
        return OK;
    }
    TRY(e);
    /* Who has no session of this person can't use this up. */
    throttle_keys(a, v, STR("throttle change"), uuid_text(a, &p.subject), in->address, throttles);
    TRY(vault_read_session(a, v->vault, &p.subject, &p.session, throttles, account));
    if (!account->found) {
        *out = answer(v, CHANGE_OVER);
        return OK;
    }
    struct audit entry = entry_of(&p, in->address_sealed, STR("{\"factor\":\"password\"}"));
    entry.event = AUDIT_LOGIN_REFUSED;
    entry.refused = true;
    if (throttle_blocks(v, throttles, &wait_s)) {
        entry.detail = STR("{\"factor\":\"password\",\"reason\":\"throttled\"}");
        TRY(vault_audit(a, v->vault, &entry, in->request_id));
        log_event(LOG_WARN, LOGIN_THROTTLED, LOG_INT("wait_s", wait_s));
        *out = answer(v, CHANGE_LATER);
        out->retry_after_s = wait_s;
        return OK;
    }
    if (password_normalise(a, in->current, &current) == OK) {
        TRY(password_verify(a, v, account, current, &right));
    }
    if (right) {
        entry.event = AUDIT_CREDENTIAL_ACCEPTED;
        entry.refused = false;
    } else {
        entry.detail = STR("{\"factor\":\"password\",\"reason\":\"password\"}");
    }
    struct vault_result result = {.accepted = right,
                                  .audit = &entry,
                                  .identity = p.subject,
                                  .credential = account->credential};
    throttle_limits(v, throttles, &result);
    memcpy(result.request_id, in->request_id, sizeof(result.request_id));
    TRY(vault_finish(a, v->vault, &result));
    *who = p;
    *out = answer(v, right ? CHANGE_DONE : CHANGE_WRONG);
    return OK;
}

enum err change_password(struct arena *a, struct verifier *v,
                         const struct verifier_change_password *in, struct verifier_changed *out)
{
    struct proof p;
    struct vault_account account;
    struct new_password fresh = {.pepper = 0};
    struct str current;
    enum password_fault fault;
    TRY(str_is(in->words) ? OK : fail(ERR_DENIED, "change of password: without a signer's words"));
    struct present present = {.session_proof = in->session_proof,
                              .secret = in->secret,
                              .current = in->current,
                              .address = in->address,
                              .address_sealed = in->address_sealed,
                              .request_id = in->request_id};
    TRY(present_check(a, v, &present, &p, &account, out));
    if (out->outcome != CHANGE_DONE) {
        return OK;
    }
    TRY(new_password_judge(a, v, &p.subject, in->words, in->password, &fresh, &fault));
    if (password_normalise(a, in->current, &current) == OK && str_is(fresh.text) &&
        ct_str_equal(current, fresh.text)) {
        fault = PASSWORD_SAME;
    }
    if (fault != PASSWORD_FINE) {
        *out = refused(v, fault);
        return OK;
    }
    TRY(new_password_hash(a, v, &fresh));
    struct audit entry =
        entry_of(&p, in->address_sealed, STR("{\"factor\":\"password\",\"by\":\"password\"}"));
    struct vault_change change = {
        .identity = p.subject,
        .session = p.session,
        .credential = account.credential,
        .old = account.verifier,
        .verifier = fresh.verifier,
        .pepper_version = fresh.pepper,
        .shut = in->end_others != 0,
        .audit = &entry,
    };
    memcpy(change.request_id, in->request_id, sizeof(change.request_id));
    enum err e = vault_change_password(a, v->vault, &change);
    if (e == ERR_CONFLICT) {
        *out = answer(v, CHANGE_OVER);
        return OK;
    }
    return e;
}
