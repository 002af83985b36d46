/* Password logins against a vault of the test's own: the cost of an attempt is counted in
 * statements and Argon2id runs, not by the clock, because a clock on a shared machine proves
 * nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/rand.h"
#include "keystore/key.h"
#include "keystore/seal.h"
#include "log/log.h"
#include "signer/password_words.h"
#include "verifier/verifier.h"

#define NUMBER "079090123456"
#define PASSWORD "ba con mèo gặm bánh"

/* The vault: one account, and what was asked of it. */
static struct {
    struct vault_account account;
    char verifier[PHC_TEXT_MAX];
    int64_t blocked_for_s;
    struct vault_key keys[8];
    size_t n_keys;
    int reads, finishes, audits, key_reads;
    struct vault_result last;
    struct audit audit;
    char detail[128], upgraded[PHC_TEXT_MAX];
    struct vault_throttle throttles[2];
    uint8_t digest[32];
    enum err broken;
    struct vault_code code;
    struct vault_change change;
    int changes;
    enum err change_answer;
} vault;

enum err vault_keys(struct arena *a, struct vault *v, struct vault_key **out, size_t *n)
{
    (void)a;
    (void)v;
    vault.key_reads++;
    *out = vault.keys;
    *n = vault.n_keys;
    return vault.broken;
}

enum err vault_read(struct arena *a, struct vault *v, const uint32_t *versions,
                    const uint8_t (*digests)[32], size_t n, struct vault_throttle throttles[2],
                    struct vault_account *out)
{
    (void)a;
    (void)v;
    (void)versions;
    assert_true(n >= 1);
    memcpy(vault.digest, digests[0], 32);
    vault.reads++;
    throttles[0].blocked_for_s = vault.blocked_for_s;
    memcpy(vault.throttles, throttles, sizeof(vault.throttles));
    *out = vault.account;
    return vault.broken;
}

enum err vault_finish(struct arena *a, struct vault *v, const struct vault_result *r)
{
    (void)a;
    (void)v;
    vault.finishes++;
    vault.last = *r;
    vault.audit = *r->audit;
    memset(vault.detail, 0, sizeof(vault.detail));
    memcpy(vault.detail, r->audit->detail.p, r->audit->detail.n);
    memset(vault.upgraded, 0, sizeof(vault.upgraded));
    if (str_is(r->upgraded)) {
        memcpy(vault.upgraded, r->upgraded.p, r->upgraded.n);
    }
    return vault.broken;
}

enum err vault_audit(struct arena *a, struct vault *v, const struct audit *entry,
                     const uint8_t request_id[16])
{
    (void)a;
    (void)v;
    (void)request_id;
    vault.audits++;
    vault.audit = *entry;
    memset(vault.detail, 0, sizeof(vault.detail));
    memcpy(vault.detail, entry->detail.p, entry->detail.n);
    return vault.broken;
}

enum err vault_set_password(struct arena *a, struct vault *v, const struct uuid *identity,
                            struct str verifier, uint32_t pepper, const struct audit *audit,
                            const uint8_t request_id[16])
{
    (void)a;
    (void)v;
    (void)identity;
    (void)audit;
    (void)request_id;
    memset(vault.verifier, 0, sizeof(vault.verifier));
    memcpy(vault.verifier, verifier.p, verifier.n);
    vault.account.verifier = str_from(vault.verifier);
    vault.account.pepper_version = pepper;
    return OK;
}

/* Codes and changes have tests of their own with a real database (flow/test_account.py). */
enum err vault_read_session(struct arena *a, struct vault *v, const struct uuid *subject,
                            const struct uuid *session, struct vault_throttle throttles[2],
                            struct vault_account *out)
{
    (void)a;
    (void)v;
    (void)subject;
    (void)session;
    vault.reads++;
    throttles[0].blocked_for_s = vault.blocked_for_s;
    *out = vault.account;
    return vault.broken;
}

enum err vault_change_password(struct arena *a, struct vault *v, const struct vault_change *c)
{
    (void)a;
    (void)v;
    vault.changes++;
    vault.change = *c;
    return vault.change_answer;
}

enum err vault_read_code(struct arena *a, struct vault *v, const uint32_t *versions,
                         const uint8_t (*digests)[32], size_t n_digests,
                         struct vault_throttle throttles[2], struct vault_account *out,
                         struct vault_code *code)
{
    (void)a;
    (void)v;
    (void)versions;
    (void)digests;
    assert_true(n_digests >= 1);
    vault.reads++;
    throttles[0].blocked_for_s = vault.blocked_for_s;
    *out = vault.account;
    *code = vault.code;
    return vault.broken;
}

enum err vault_code_put(struct arena *a, struct vault *v, const struct vault_code_new *in,
                        struct vault_code_made *out)
{
    (void)a;
    (void)v;
    vault.code = *in->code;
    *out = (struct vault_code_made){.expires_at = 1};
    return vault.broken;
}

enum err vault_first_password(struct arena *a, struct vault *v, const struct uuid *identity,
                              const struct uuid *code, struct str verifier, uint32_t pepper,
                              const struct audit *audit, const uint8_t request_id[16])
{
    (void)a;
    (void)v;
    (void)audit;
    (void)request_id;
    (void)verifier;
    (void)pepper;
    assert_memory_equal(identity, &vault.account.identity, sizeof(*identity));
    assert_memory_equal(code, &vault.code.id, sizeof(*code));
    vault.changes++;
    return vault.change_answer;
}

struct fixture {
    struct arena *arena, *keys;
    struct config config;
    struct verifier verifier;
};

static void add_key(struct fixture *f, const struct wrap_ring *ring, const char *use,
                    const char *state, uint32_t version)
{
    struct secret *key;
    struct vault_key *row = &vault.keys[vault.n_keys++];
    assert_int_equal(secret_new(NULL, KEY_SYMMETRIC_SIZE, &key), OK);
    struct str kid = symmetric_kid(f->keys, str_from(use), key);
    *row = (struct vault_key){
        .kid = kid, .use = str_from(use), .state = str_from(state), .version = version};
    assert_int_equal(wrap_seal(f->keys, ring, wrap_context(f->keys, row->use, kid),
                               str_of(secret_bytes(key), secret_size(key)), &row->sealed),
                     OK);
    secret_free(&key);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    bool locked;
    struct wrap_ring *ring;
    memset(&vault, 0, sizeof(vault));
    f->arena = arena_new(0);
    f->keys = arena_new(0);
    assert_int_equal(secret_home_open(&locked), OK);
    assert_int_equal(secret_new(NULL, 32, &f->verifier.wrapping), OK);
    assert_int_equal(wrap_ring_new(str_of(secret_bytes(f->verifier.wrapping), 32), STR_NONE, &ring),
                     OK);
    add_key(f, ring, "pepper", "active", 2);
    add_key(f, ring, "pepper", "retired", 1);
    add_key(f, ring, "proof", "active", 1);
    add_key(f, ring, "lookup", "active", 1);
    wrap_ring_free(&ring);
    f->config = (struct config){.argon2_memory_kib = 64,
                                .argon2_time = 1,
                                .argon2_lanes = 1,
                                .issuer_host = "id.example",
                                .password_length_min = 15,
                                .login_throttle = true,
                                .login_failures_per_account = 5,
                                .login_failures_per_address = 50,
                                .login_failure_window_s = 300,
                                .session_lifetime_s = 3600,
                                .refresh_lifetime_s = 86400};
    f->verifier.config = &f->config;
    assert_int_equal(
        wrap_ring_new(str_of(secret_bytes(f->verifier.wrapping), 32), STR_NONE, &f->verifier.ring),
        OK);
    struct phc_cost cost = verifier_cost(&f->config);
    assert_int_equal(hasher_new(&cost, &f->verifier.hasher), OK);
    log_configure(LOG_KEY_VALUE, LOG_ERROR, "verifier", -1);

    uuid_random(&vault.account.identity);
    struct verifier_set_password set = {.identity = vault.account.identity,
                                        .password = STR(PASSWORD)};
    assert_int_equal(password_set(f->arena, &f->verifier, &set), OK);
    vault.account.found = true;
    vault.account.account_level = 2;
    vault.account.state = STR("active");
    vault.account.kind = STR("person");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    verifier_keys_free(&f->verifier.keys);
    hasher_free(&f->verifier.hasher);
    wrap_ring_free(&f->verifier.ring);
    secret_free(&f->verifier.wrapping);
    arena_free(f->arena);
    arena_free(f->keys);
    free(f);
    return 0;
}

struct cost {
    int reads, finishes;
    uint64_t runs;
};

static struct verifier_answer try(struct fixture *f, const char *number, const char *password,
                                  struct cost *cost)
{
    struct verifier_password in = {.login_name = str_from(number),
                                   .password = str_from(password),
                                   .address = STR("192.0.2.1"),
                                   .address_sealed = STR("box"),
                                   .client_id = STR("portal"),
                                   .session_expires_at = clock_now_s() + 3600};
    struct verifier_answer out;
    struct cost before = {vault.reads, vault.finishes, hasher_runs(f->verifier.hasher)};
    uuid_random(&in.session);
    in.bearer = sha256(STR("secret"));
    assert_int_equal(password_check(f->arena, &f->verifier, &in, &out), OK);
    if (cost != NULL) {
        *cost = (struct cost){vault.reads - before.reads, vault.finishes - before.finishes,
                              hasher_runs(f->verifier.hasher) - before.runs};
    }
    return out;
}

static void costs_one_look_one_run_and_one_write(struct cost c)
{
    assert_int_equal(c.reads, 1);
    assert_int_equal(c.runs, 1);
    assert_int_equal(c.finishes, 1);
}

static void assert_says_nothing(const struct verifier_answer *answer)
{
    struct verifier_answer wrong = {.outcome = LOGIN_WRONG};
    assert_memory_equal(answer, &wrong, sizeof(wrong));
}

static void every_refusal_costs_the_same_and_says_the_same(void **state)
{
    struct fixture *f = *state;
    struct cost cost;
    const struct vault_account known = vault.account;
    struct vault_account all[6];
    for (size_t i = 0; i < 6; i++) {
        all[i] = known;
    }
    all[0] = (struct vault_account){.found = false}; /* unknown */
    all[1].verifier = STR_NONE;                      /* without a password */
    all[2].state = STR("locked");
    all[3].state = STR("issued");
    all[4].state = STR("closed");
    all[5].kind = STR("organisation");
    static const char *const reasons[] = {"unknown",    "no_password", "not_active",
                                          "not_active", "not_active",  "not_a_person"};
    for (size_t i = 0; i < 6; i++) {
        vault.account = all[i];
        /* the right password, too: only whose account is barred learns from it, and only that */
        struct verifier_answer answer = try(f, NUMBER, PASSWORD, &cost);
        bool barred = i >= 2 && i <= 4;
        struct verifier_answer wanted = {.outcome = barred ? LOGIN_BARRED : LOGIN_WRONG};
        assert_memory_equal(&answer, &wanted, sizeof(wanted));
        costs_one_look_one_run_and_one_write(cost);
        assert_int_equal(vault.audit.event, AUDIT_LOGIN_REFUSED);
        assert_true(vault.audit.refused);
        assert_false(vault.last.accepted);
        assert_non_null(strstr(vault.detail, reasons[i]));
        assert_true(str_eqz(vault.audit.address_sealed, "box"));
        answer = try(f, NUMBER, "mật khẩu sai", &cost);
        assert_says_nothing(&answer);
        costs_one_look_one_run_and_one_write(cost);
    }
    vault.account = known;
    struct verifier_answer answer = try(f, NUMBER, "mật khẩu sai", &cost);
    assert_says_nothing(&answer);
    costs_one_look_one_run_and_one_write(cost);
    assert_non_null(strstr(vault.detail, "\"password\""));
}

static void unreadable_verifiers_and_lost_peppers_are_wrong_passwords(void **state)
{
    struct fixture *f = *state;
    struct cost cost;
    vault.account.pepper_version = 9;
    struct verifier_answer answer = try(f, NUMBER, PASSWORD, &cost);
    assert_says_nothing(&answer);
    costs_one_look_one_run_and_one_write(cost);
    vault.account.pepper_version = 2;
    vault.account.verifier = STR("$argon2id$broken");
    answer = try(f, NUMBER, PASSWORD, &cost);
    assert_says_nothing(&answer);
    costs_one_look_one_run_and_one_write(cost);
}

static void what_can_not_be_a_login_asks_nothing(void **state)
{
    struct fixture *f = *state;
    struct cost cost;
    static const char *const bad[][2] = {
        {"", PASSWORD}, {"12345", PASSWORD}, {NUMBER "7", PASSWORD}, {"' OR 1=1 --", PASSWORD},
        {NUMBER, ""},   {NUMBER, "\xff"},    {NUMBER, "a\nb"}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct verifier_answer answer = try(f, bad[i][0], bad[i][1], &cost);
        assert_says_nothing(&answer);
        assert_int_equal(cost.reads + cost.finishes + (int)cost.runs, 0);
    }
}

static void a_blocked_attempt_is_told_to_wait_and_is_not_counted(void **state)
{
    struct fixture *f = *state;
    struct cost cost;
    vault.blocked_for_s = 17;
    struct verifier_answer answer = try(f, NUMBER, PASSWORD, &cost);
    assert_int_equal(answer.outcome, LOGIN_LATER);
    assert_int_equal(vault.audits, 1); /* told, and not counted */
    assert_true(vault.audit.refused);
    assert_non_null(strstr(vault.detail, "throttled"));
    assert_int_equal(answer.retry_after_s, 17);
    assert_int_equal(cost.runs, 0);
    assert_int_equal(cost.finishes, 0);
    vault.account.found = false; /* the same for nobody */
    answer = try(f, NUMBER, PASSWORD, &cost);
    assert_int_equal(answer.outcome, LOGIN_LATER);
    assert_int_equal(answer.retry_after_s, 17);
    vault.account.found = true;
    f->config.login_throttle = false;
    answer = try(f, NUMBER, PASSWORD, &cost);
    assert_int_equal(answer.outcome, LOGIN_ACCEPTED);
    assert_int_equal(vault.last.limit_account, 0);
    assert_int_equal(vault.last.limit_address, 0);
}

static void throttles_are_keyed_by_what_was_typed(void **state)
{
    struct fixture *f = *state;
    struct vault_throttle first[2];
    try(f, NUMBER, PASSWORD, NULL);
    memcpy(first, vault.throttles, sizeof(first));
    try(f, "079 090 123 456", "mật khẩu sai", NULL);
    assert_memory_equal(first[0].key, vault.throttles[0].key, 32);
    assert_memory_equal(first[1].key, vault.throttles[1].key, 32);
    try(f, "079090123457", PASSWORD, NULL);
    assert_memory_not_equal(first[0].key, vault.throttles[0].key, 32);
    /* The keys are digests of their own kind, not the look-up digest of a person. */
    assert_memory_not_equal(vault.digest, vault.throttles[0].key, 32);
}

static void nothing_is_said_while_the_vault_is_away(void **state)
{
    struct fixture *f = *state;
    struct verifier_password in = {
        .login_name = STR(NUMBER), .password = STR(PASSWORD), .address = STR("192.0.2.1")};
    struct verifier_answer out;
    vault.broken = ERR_UNAVAILABLE;
    assert_int_equal(password_check(f->arena, &f->verifier, &in, &out), ERR_UNAVAILABLE);
    /* and while there are no keys yet */
    vault.broken = OK;
    vault.n_keys = 0;
    verifier_keys_free(&f->verifier.keys);
    assert_int_equal(password_check(f->arena, &f->verifier, &in, &out), ERR_UNAVAILABLE);
}

static void the_right_password_makes_a_proof_for_one_secret(void **state)
{
    struct fixture *f = *state;
    struct proof p;
    struct cost cost;
    struct verifier_answer answer = try(f, "079.090.123.456", PASSWORD, &cost);
    assert_int_equal(answer.outcome, LOGIN_ACCEPTED);
    costs_one_look_one_run_and_one_write(cost);
    assert_int_equal(
        verifier_proof_open(f->arena, f->verifier.keys, answer.proof, clock_now_s(), &p), OK);
    assert_int_equal(p.kind, PROOF_SESSION);
    assert_memory_equal(p.subject.b, vault.account.identity.b, UUID_SIZE);
    assert_memory_equal(p.actor.b, p.subject.b, UUID_SIZE);
    assert_int_equal(p.account_level, 2);
    assert_int_equal(p.authentication_level, 1);
    assert_int_equal(p.amr, AMR_PWD);
    assert_true(p.expires_at <= clock_now_s() + 3600);
    assert_true(p.grant_ends_at <= clock_now_s() + 86400);
    assert_true(proof_goes_with(&p, STR("secret")));
    assert_false(proof_goes_with(&p, STR("another")));
    assert_true(vault.last.accepted);
    assert_false(vault.audit.refused);
    assert_string_equal(vault.upgraded, "");
}

static void a_session_lasts_no_longer_than_configured(void **state)
{
    struct fixture *f = *state;
    f->config.session_lifetime_s = 60;
    struct proof p;
    struct verifier_answer answer = try(f, NUMBER, PASSWORD, NULL);
    assert_int_equal(
        verifier_proof_open(f->arena, f->verifier.keys, answer.proof, clock_now_s(), &p), OK);
    assert_true(p.expires_at <= clock_now_s() + 60);
}

static void outdated_parameters_are_renewed_at_login(void **state)
{
    struct fixture *f = *state;
    struct cost cost;
    struct phc upgraded;
    f->config.argon2_memory_kib = 128;
    struct verifier_answer answer = try(f, NUMBER, PASSWORD, &cost);
    assert_int_equal(answer.outcome, LOGIN_ACCEPTED);
    assert_int_equal(cost.runs, 2);
    assert_int_equal(phc_read(str_from(vault.upgraded), &upgraded), OK);
    assert_int_equal(upgraded.cost.memory_kib, 128);
    assert_int_equal(vault.last.upgraded_pepper, 2);
    /* The new one works, and is left alone. */
    vault.account.verifier = str_from(strdup(vault.upgraded));
    answer = try(f, NUMBER, PASSWORD, &cost);
    assert_int_equal(answer.outcome, LOGIN_ACCEPTED);
    assert_int_equal(cost.runs, 1);
    free((void *)(uintptr_t)vault.account.verifier.p);
}

static void two_keyboards_log_in_with_one_password(void **state)
{
    struct fixture *f = *state;
    struct verifier_answer answer =
        try(f, NUMBER, "ba con me\xcc\x80o ga\xcc\xa3\xcc\x86m ba\xcc\x81nh", NULL);
    assert_int_equal(answer.outcome, LOGIN_ACCEPTED);
}

static void a_new_password_is_judged_by_the_rules(void **state)
{
    struct fixture *f = *state;
    struct wrap_ring *ring;
    struct verifier_set_password set = {.identity = vault.account.identity,
                                        .password = STR("ốc luộc lá chan")};
    struct uuid other;
    uuid_random(&other);
    assert_int_equal(password_set(f->arena, &f->verifier, &set), OK);
    set.password = STR("ốc luộc lá cha");
    assert_int_equal(password_set(f->arena, &f->verifier, &set), ERR_INPUT);
    assert_non_null(strstr(err_reason(), "15"));
    set.password = STR("a\x01 ba con mèo gặm bánh");
    assert_int_equal(password_set(f->arena, &f->verifier, &set), ERR_INPUT);
    set.password = STR("Lò Thị Xuyến 1961 !");
    assert_int_equal(password_set(f->arena, &f->verifier, &set), OK);
    assert_int_equal(wrap_ring_new(str_of(secret_bytes(f->verifier.wrapping), 32), STR_NONE, &ring),
                     OK);
    struct str json = STR("{\"name\":\"Lò Thị Xuyến\",\"birthdate\":\"1961\"}");
    assert_int_equal(password_words_seal(f->arena, ring, &set.identity, json, &set.words), OK);
    assert_int_equal(password_set(f->arena, &f->verifier, &set), ERR_INPUT);
    assert_non_null(strstr(err_reason(), "name"));
    /* words of somebody else, or words that somebody made up */
    assert_int_equal(password_words_seal(f->arena, ring, &other, json, &set.words), OK);
    assert_int_equal(password_set(f->arena, &f->verifier, &set), ERR_DENIED);
    set.words = json;
    assert_int_not_equal(password_set(f->arena, &f->verifier, &set), OK);
    wrap_ring_free(&ring);
}

static struct verifier_made_code a_code(struct fixture *f)
{
    struct verifier_make_code ask = {.identity = vault.account.identity};
    struct verifier_made_code made;
    assert_int_equal(code_make(f->arena, &f->verifier, &ask, &made), OK);
    return made;
}

static struct verifier_answer give(struct fixture *f, const char *number, struct str code,
                                   struct cost *cost)
{
    struct verifier_code in = {.login_name = str_from(number),
                               .code = code,
                               .address = STR("192.0.2.1"),
                               .bearer = sha256(STR("browser"))};
    struct verifier_answer out;
    struct cost before = {vault.reads, vault.finishes, hasher_runs(f->verifier.hasher)};
    assert_int_equal(code_check(f->arena, &f->verifier, &in, &out), OK);
    *cost = (struct cost){vault.reads - before.reads, vault.finishes - before.finishes,
                          hasher_runs(f->verifier.hasher) - before.runs};
    return out;
}

static void every_refusal_of_a_code_costs_and_says_the_same(void **state)
{
    struct fixture *f = *state;
    struct cost cost;
    struct str code = a_code(f).code;
    const struct vault_account known = vault.account;
    const struct vault_code good = vault.code;
    static const char *const reasons[] = {"unknown", "not_active",   "not_a_person", "no_code",
                                          "code",    "code_expired", "code",         "pepper_gone"};
    for (size_t i = 0; i < 8; i++) {
        vault.account = known;
        vault.code = good;
        struct str typed = code;
        switch (i) {
        case 0:
            vault.account = (struct vault_account){.found = false};
            break;
        case 1:
            vault.account.state = STR("locked");
            break;
        case 2:
            vault.account.kind = STR("organisation");
            break;
        case 3:
            vault.code.found = false;
            break;
        case 4:
            typed = STR("0000-0000-0000-0000");
            break;
        case 5:
            vault.code.expired = true;
            break;
        case 6: /* the same code, made for another row */
            vault.code.id.b[0] ^= 1;
            break;
        default:
            vault.code.pepper_version = 9;
        }
        struct verifier_answer answer = give(f, NUMBER, typed, &cost);
        assert_says_nothing(&answer);
        assert_int_equal(cost.reads, 1);
        assert_int_equal(cost.finishes, 1);
        assert_int_equal(cost.runs, 0);
        assert_false(vault.last.accepted);
        assert_non_null(strstr(vault.detail, reasons[i]));
        assert_non_null(strstr(vault.detail, "one_time_code"));
    }
    vault.account = known;
    vault.code = good;
    vault.blocked_for_s = 9;
    assert_int_equal(give(f, NUMBER, code, &cost).outcome, LOGIN_LATER);
    assert_int_equal(cost.finishes, 0);
    vault.blocked_for_s = 0;
    assert_int_equal(give(f, NUMBER, code, &cost).outcome, LOGIN_ACCEPTED);
    assert_true(vault.last.accepted);
}

static void a_right_code_can_do_nothing_but_set_the_password(void **state)
{
    struct fixture *f = *state;
    struct cost cost;
    struct proof p;
    struct verifier_changed out;
    struct str json = STR("{\"name\":\"Lò Thị Xuyến\"}");
    struct verifier_answer answer = give(f, NUMBER, a_code(f).code, &cost);
    assert_int_equal(
        verifier_proof_open(f->arena, f->verifier.keys, answer.proof, clock_now_s(), &p), OK);
    assert_int_equal(p.kind, PROOF_ENROLMENT);
    struct verifier_first_password in = {.enrolment = answer.proof,
                                         .secret = STR("another browser"),
                                         .password = STR("ốc luộc lá chanh"),
                                         .bearer = sha256(STR("session")),
                                         .session_expires_at = clock_now_s() + 3600};
    assert_int_equal(
        password_words_seal(f->arena, f->verifier.ring, &vault.account.identity, json, &in.words),
        OK);
    assert_int_equal(first_password(f->arena, &f->verifier, &in, &out), ERR_DENIED);
    in.secret = STR("browser");
    struct str words = in.words;
    in.words = STR_NONE; /* a web process that leaves them out */
    assert_int_equal(first_password(f->arena, &f->verifier, &in, &out), ERR_DENIED);
    in.words = words;
    /* a session's proof is none of a code */
    struct session_wish wish = {.bearer = sha256(STR("browser")), .subject = p.subject};
    struct verifier_answer session;
    wish.expires_at = clock_now_s() + 60;
    session_prove(f->arena, &f->verifier, &wish, &session);
    in.enrolment = session.proof;
    assert_int_equal(first_password(f->arena, &f->verifier, &in, &out), ERR_DENIED);
    struct verifier_change_password change = {.session_proof = answer.proof,
                                              .secret = STR("browser"),
                                              .current = STR(PASSWORD),
                                              .password = in.password,
                                              .words = words};
    assert_int_equal(change_password(f->arena, &f->verifier, &change, &out), ERR_DENIED);
    assert_int_equal(vault.changes, 0);
    in.enrolment = answer.proof;
    clock_shift_s(901);
    assert_int_equal(first_password(f->arena, &f->verifier, &in, &out), OK);
    assert_int_equal(out.outcome, CHANGE_OVER);
    clock_shift_s(0);
    in.password = STR("ngắn quá");
    assert_int_equal(first_password(f->arena, &f->verifier, &in, &out), OK);
    assert_int_equal(out.outcome, CHANGE_REFUSED);
    assert_int_equal(out.fault, PASSWORD_SHORT);
    assert_int_equal(vault.changes, 0);
    in.password = STR("ốc luộc lá chanh");
    vault.change_answer = ERR_CONFLICT; /* used meanwhile */
    assert_int_equal(first_password(f->arena, &f->verifier, &in, &out), OK);
    assert_int_equal(out.outcome, CHANGE_OVER);
    vault.change_answer = OK;
    assert_int_equal(first_password(f->arena, &f->verifier, &in, &out), OK);
    assert_int_equal(out.outcome, CHANGE_DONE);
    assert_int_equal(verifier_proof_open(f->arena, f->verifier.keys, out.proof, clock_now_s(), &p),
                     OK);
    assert_int_equal(p.kind, PROOF_SESSION);
    assert_true(proof_goes_with(&p, STR("session")));
}

static void a_change_needs_session_and_present_password(void **state)
{
    struct fixture *f = *state;
    struct verifier_changed out;
    struct session_wish wish = {.bearer = sha256(STR("cookie")), .subject = vault.account.identity};
    struct verifier_answer session;
    assert_int_equal(verifier_keys_refresh(f->arena, &f->verifier, false), OK);
    wish.expires_at = clock_now_s() + 60;
    uuid_random(&wish.session);
    session_prove(f->arena, &f->verifier, &wish, &session);
    struct verifier_change_password in = {.session_proof = session.proof,
                                          .secret = STR("cookie"),
                                          .current = STR("mật khẩu sai"),
                                          .password = STR("ốc luộc lá chanh"),
                                          .address = STR("192.0.2.1"),
                                          .end_others = 1};
    assert_int_equal(change_password(f->arena, &f->verifier, &in, &out), ERR_DENIED); /* no words */
    assert_int_equal(password_words_seal(f->arena, f->verifier.ring, &vault.account.identity,
                                         STR("{}"), &in.words),
                     OK);
    in.secret = STR("another cookie");
    assert_int_equal(change_password(f->arena, &f->verifier, &in, &out), ERR_DENIED);
    in.secret = STR("cookie");
    assert_int_equal(change_password(f->arena, &f->verifier, &in, &out), OK);
    assert_int_equal(out.outcome, CHANGE_WRONG);
    assert_false(vault.last.accepted);
    in.current = STR("\xff");
    assert_int_equal(change_password(f->arena, &f->verifier, &in, &out), OK);
    assert_int_equal(out.outcome, CHANGE_WRONG);
    in.current = STR(PASSWORD);
    in.password = STR(PASSWORD);
    assert_int_equal(change_password(f->arena, &f->verifier, &in, &out), OK);
    assert_int_equal(out.fault, PASSWORD_SAME);
    vault.blocked_for_s = 5;
    assert_int_equal(change_password(f->arena, &f->verifier, &in, &out), OK);
    assert_int_equal(out.outcome, CHANGE_LATER);
    vault.blocked_for_s = 0;
    vault.account.found = false; /* the session has ended */
    assert_int_equal(change_password(f->arena, &f->verifier, &in, &out), OK);
    assert_int_equal(out.outcome, CHANGE_OVER);
    vault.account.found = true;
    assert_int_equal(vault.changes, 0);
    in.password = STR("ốc luộc lá chanh");
    assert_int_equal(change_password(f->arena, &f->verifier, &in, &out), OK);
    assert_int_equal(out.outcome, CHANGE_DONE);
    assert_true(vault.change.shut);
    assert_true(str_eq(vault.change.old, vault.account.verifier));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(every_refusal_costs_the_same_and_says_the_same),
        T(unreadable_verifiers_and_lost_peppers_are_wrong_passwords),
        T(what_can_not_be_a_login_asks_nothing),
        T(a_blocked_attempt_is_told_to_wait_and_is_not_counted),
        T(throttles_are_keyed_by_what_was_typed),
        T(nothing_is_said_while_the_vault_is_away),
        T(the_right_password_makes_a_proof_for_one_secret),
        T(a_session_lasts_no_longer_than_configured),
        T(outdated_parameters_are_renewed_at_login),
        T(two_keyboards_log_in_with_one_password),
        T(a_new_password_is_judged_by_the_rules),
        T(every_refusal_of_a_code_costs_and_says_the_same),
        T(a_right_code_can_do_nothing_but_set_the_password),
        T(a_change_needs_session_and_present_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
