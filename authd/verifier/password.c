/* Password logins.  Whether an account is unknown, has no password, is locked or the password is
 * wrong: the statements and the Argon2id run are the same, so time does not tell who has an
 * account, nor do words: that an account is locked is told only to who knows its password.
 * Throttles are keyed by what was typed, not by what was found, for the same reason.
 *
 * What remains visible for a while after the parameters were raised: a wrong password for an
 * account that has not logged in since costs that account's old parameters. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/ct.h"
#include "base/rand.h"
#include "identity/personal_number.h"
#include "identity/normal.h"
#include "log/log.h"
#include "verifier/new_password.h"
#include "verifier/opaque.h"
#include "verifier/password_rules.h"
#include "verifier/throttle.h"
#include "verifier/verifier.h"

#define SALT_SIZE 16

struct attempt {
    struct str password; /* normalised */
    struct vault_throttle throttles[THROTTLES];
    struct vault_account account;
    bool eligible; /* could log in if the password is right */
    bool accepted;
    bool barred;    /* the password is right, but the account is locked, closed or not active yet */
    struct phc phc; /* the account's, or a stand-in that nothing matches */
    uint32_t pepper; /* version the hash was made with */
    const char *why; /* for audit and log, never for the outside */
    struct str upgraded;
    uint32_t upgraded_pepper;
};

struct phc_cost verifier_cost(const struct config *c)
{
    return (struct phc_cost){(uint32_t)c->argon2_memory_kib, (uint32_t)c->argon2_time,
                             (uint32_t)c->argon2_lanes};
}

size_t number_digests(const struct verifier *v, struct str number,
                      uint32_t versions[LOOKUP_KEYS_MAX], uint8_t digests[LOOKUP_KEYS_MAX][32])
{
    struct lookup_entry entries[LOOKUP_KEYS_MAX];
    size_t n = verifier_lookup(v->keys, STR("personal_number"), number, entries);
    for (size_t i = 0; i < n; i++) {
        versions[i] = entries[i].version;
        memcpy(digests[i], entries[i].digest.b, sizeof(digests[i]));
    }
    return n;
}

static enum err read_account(struct arena *a, struct verifier *v, struct str number,
                             struct attempt *t)
{
    uint32_t versions[LOOKUP_KEYS_MAX];
    uint8_t digests[LOOKUP_KEYS_MAX][32];
    size_t n = number_digests(v, number, versions, digests);
    return vault_read(a, v->vault, versions, (const uint8_t(*)[32])digests, n, t->throttles,
                      &t->account);
}

/* Why the account can't log in with any password, or NULL. */
static const char *ineligible(const struct vault_account *account, struct phc *phc)
{
    if (!account->found) {
        return "unknown";
    }
    if (!str_eqz(account->kind, "person")) {
        return "not_a_person";
    }
    if (!str_is(account->verifier)) {
        return "no_password";
    }
    return phc_read(account->verifier, phc) == OK ? NULL : "verifier_unreadable";
}

/* Something to hash against that costs what a present account costs and that no password matches.
 */
static void stand_in(const struct verifier *v, struct phc *out)
{
    memset(out, 0, sizeof(*out));
    out->cost = verifier_cost(v->config);
    out->salt_n = SALT_SIZE;
    rand_bytes(out->salt, SALT_SIZE);
    rand_bytes(out->hash, PHC_HASH);
}

static enum err hash_password(struct verifier *v, struct str password, uint32_t pepper,
                              const struct phc *phc, uint32_t *used, uint8_t out[PHC_HASH])
{
    struct sha256 peppered;
    TRY(verifier_pepper(v->keys, pepper, password, used, &peppered));
    enum err e = hasher_run(v->hasher, &phc->cost, str_of(phc->salt, phc->salt_n), &peppered, out);
    ct_wipe(&peppered, sizeof(peppered));
    return e;
}

enum err password_hash_new(struct arena *a, struct verifier *v, struct str password,
                           struct str *out, uint32_t *pepper)
{
    struct phc fresh;
    stand_in(v, &fresh);
    TRY(hash_password(v, password, 0, &fresh, pepper, fresh.hash));
    *out = phc_text(a, &fresh);
    return OK;
}

/* An account's pepper may be newer than our keys: then they are read again. */
static bool pepper_known(struct arena *a, struct verifier *v, uint32_t version)
{
    struct sha256 probe;
    uint32_t used;
    return verifier_pepper(v->keys, version, STR(""), &used, &probe) == OK ||
           (verifier_keys_refresh(a, v, true) == OK &&
            verifier_pepper(v->keys, version, STR(""), &used, &probe) == OK);
}

/* One Argon2id run, whoever it is. */
static enum err judge(struct arena *a, struct verifier *v, struct attempt *t)
{
    uint8_t hash[PHC_HASH];
    uint32_t active = 0;
    struct sha256 probe;
    t->why = ineligible(&t->account, &t->phc);
    t->eligible = t->why == NULL;
    TRY(verifier_pepper(v->keys, 0, STR(""), &active, &probe));
    t->pepper = t->eligible ? t->account.pepper_version : active;
    if (t->eligible && !pepper_known(a, v, t->pepper)) {
        t->why = "pepper_gone";
        t->eligible = false;
        t->pepper = active;
    }
    if (!t->eligible) {
        stand_in(v, &t->phc);
    }
    TRY(hash_password(v, t->password, t->pepper, &t->phc, &t->pepper, hash));
    bool same = ct_equal(hash, t->phc.hash, PHC_HASH);
    ct_wipe(hash, sizeof(hash));
    t->barred = t->eligible && same && !str_eqz(t->account.state, "active");
    t->accepted = t->eligible && same && !t->barred;
    if (t->eligible && !str_eqz(t->account.state, "active")) {
        t->why = "not_active";
    }
    if (!t->accepted) {
        t->why = t->why != NULL ? t->why : "password";
        return OK;
    }
    struct phc_cost wanted = verifier_cost(v->config);
    if (t->pepper != active || phc_cost_weaker(&t->phc.cost, &wanted)) {
        TRY(password_hash_new(a, v, t->password, &t->upgraded, &t->upgraded_pepper));
    }
    return OK;
}

enum err password_verify(struct arena *a, struct verifier *v, const struct vault_account *account,
                         struct str password, bool *out)
{
    struct attempt t = {.password = password, .account = *account};
    TRY(judge(a, v, &t));
    *out = t.accepted;
    return OK;
}

/* Who logs in again in the same browser keeps the session, so that what hangs on it stays
 * reachable. */
static struct uuid session_of(const struct verifier_password *in, const struct uuid *subject)
{
    bool same = !uuid_is_none(&in->old_session) && !uuid_is_none(&in->old_subject) &&
                ct_equal(in->old_subject.b, subject->b, UUID_SIZE);
    return same ? in->old_session : in->session;
}

static struct audit audit_entry(struct arena *a, const struct verifier_password *in,
                                const struct attempt *t)
{
    struct audit entry = {
        .event = t->accepted ? AUDIT_CREDENTIAL_ACCEPTED : AUDIT_LOGIN_REFUSED,
        .refused = !t->accepted,
        .client_id = in->client_id,
        .address_sealed = in->address_sealed,
        .detail = t->accepted ? STR("{\"factor\":\"password\"}")
                              : str_fmt(a, "{\"factor\":\"password\",\"reason\":\"%s\"}", t->why),
    };
    if (t->account.found) {
        entry.subject = t->account.identity;
        entry.actor = t->account.identity;
        entry.bucket = bucket_of(&t->account.identity);
    } else {
        entry.bucket = (uint16_t)((in->request_id[14] << 8 | in->request_id[15]) >> 4);
    }
    if (t->accepted) {
        entry.session = session_of(in, &t->account.identity);
    }
    return entry;
}

static enum err finish(struct arena *a, struct verifier *v, const struct verifier_password *in,
                       const struct attempt *t)
{
    struct audit entry = audit_entry(a, in, t);
    struct vault_result result = {
        .accepted = t->accepted,
        .upgraded = t->upgraded,
        .upgraded_pepper = t->upgraded_pepper,
        .checked = t->account.verifier,
        .audit = &entry,
    };
    throttle_limits(v, t->throttles, &result);
    if (t->account.found) {
        result.credential = t->account.credential;
        result.identity = t->account.identity;
    }
    memcpy(result.request_id, in->request_id, sizeof(result.request_id));
    return vault_finish(a, v->vault, &result);
}

void session_prove(struct arena *a, struct verifier *v, const struct session_wish *in,
                   struct verifier_answer *out)
{
    struct proof p = {
        .kind = PROOF_SESSION,
        .bearer = in->bearer,
        .subject = in->subject,
        .actor = in->subject,
        .session = in->session,
        .account_level = in->account_level,
        .authentication_level = 1, /* one factor, no biometric */
        .amr = AMR_PWD,
        .auth_time = clock_now_s(),
        .expires_at = in->expires_at,
    };
    /* What the web process asks for is an upper bound: sessions last as configured. */
    int64_t latest = p.auth_time + v->config->session_lifetime_s;
    p.expires_at = p.expires_at > latest ? latest : p.expires_at;
    p.grant_ends_at = p.auth_time + (v->config->refresh_lifetime_s > v->config->session_lifetime_s
                                         ? v->config->refresh_lifetime_s
                                         : v->config->session_lifetime_s);
    *out = (struct verifier_answer){
        .outcome = LOGIN_ACCEPTED,
        .proof = verifier_proof_seal(a, v->keys, &p),
        .subject = p.subject,
        .session = p.session,
        .account_level = p.account_level,
        .authentication_level = p.authentication_level,
        .amr = p.amr,
        .auth_time = p.auth_time,
        .generation = in->generation,
    };
}

enum err password_check(struct arena *a, struct verifier *v, const struct verifier_password *in,
                        struct verifier_answer *out)
{
    struct attempt t = {.eligible = false};
    struct personal_number number;
    /* What can't be a number or a password of anybody tells nothing by a quick answer. */
    if (personal_number_read(in->login_name, &number) != OK ||
        password_normalise(a, in->password, &t.password) != OK) {
        *out = (struct verifier_answer){.outcome = LOGIN_WRONG};
        return OK;
    }
    TRY(verifier_keys_refresh(a, v, false));
    struct str digits = personal_number_text(a, &number);
    throttle_keys(a, v, STR("throttle account"), digits, in->address, t.throttles);
    TRY(read_account(a, v, digits, &t));
    uint32_t wait_s;
    if (throttle_blocks(v, t.throttles, &wait_s)) {
        t.why = "throttled";
        struct audit entry = audit_entry(a, in, &t);
        TRY(vault_audit(a, v->vault, &entry, in->request_id)); /* not counted: blocks end */
        log_event(LOG_WARN, LOGIN_THROTTLED, LOG_STR("client", in->client_id),
                  LOG_INT("wait_s", wait_s));
        *out = (struct verifier_answer){.outcome = LOGIN_LATER, .retry_after_s = wait_s};
        return OK;
    }
    giving_way_begin(&v->way, in->others, in->asked_us);
    enum err e = judge(a, v, &t);
    giving_way_end(&v->way);
    TRY(e);
    TRY(finish(a, v, in, &t));
    if (!t.accepted) {
        log_event(LOG_INFO, LOGIN_NOT_ACCEPTED, LOG_STR("client", in->client_id),
                  LOG_Z("reason", t.why));
        *out = (struct verifier_answer){.outcome = t.barred ? LOGIN_BARRED : LOGIN_WRONG};
        return OK;
    }
    struct session_wish wish = {
        .bearer = in->bearer,
        .subject = t.account.identity,
        .session = session_of(in, &t.account.identity),
        .account_level = t.account.account_level,
        .generation = t.account.generation,
        .expires_at = in->session_expires_at,
    };
    session_prove(a, v, &wish, out);
    return OK;
}

enum err password_set(struct arena *a, struct verifier *v, const struct verifier_set_password *in)
{
    struct new_password fresh = {.pepper = 0};
    enum password_fault fault;
    TRY(new_password_judge(a, v, &in->identity, in->words, in->password, &fresh, &fault));
    if (fault != PASSWORD_FINE) {
        size_t least = (size_t)v->config->password_length_min;
        return fail(ERR_INPUT, "password: %.*s", STR_FMT(password_fault_text(a, fault, least)));
    }
    TRY(verifier_keys_refresh(a, v, false));
    TRY(new_password_hash(a, v, &fresh));
    struct audit entry = {
        .event = AUDIT_CREDENTIAL_SET,
        .bucket = bucket_of(&in->identity),
        .subject = in->identity,
        .operator_name = in->operator_name,
        .detail = STR("{\"factor\":\"password\"}"),
    };
    return vault_set_password(a, v->vault, &in->identity, fresh.verifier, fresh.pepper, &entry,
                              in->request_id);
}
