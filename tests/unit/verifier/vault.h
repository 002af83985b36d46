/* A verifier and a vault of the test's own: the cost of an attempt is counted in statements and
 * Argon2id runs, not by the clock, because a clock on a shared machine proves nothing. */
#ifndef TEST_VERIFIER_VAULT_H
#define TEST_VERIFIER_VAULT_H
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

/* Codes and changes have tests of their own with a real database (flow/test_first_password.py,
 * flow/test_account.py). */
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

enum err vault_lock_own(struct arena *a, struct vault *v, const struct uuid *identity,
                        const struct uuid *session, const struct audit *audit,
                        const uint8_t request_id[16])
{
    (void)a;
    (void)v;
    (void)identity;
    (void)session;
    (void)request_id;
    vault.changes++;
    vault.audit = *audit;
    return vault.change_answer;
}

enum err vault_history(struct arena *a, struct vault *v, const struct uuid *identity,
                       const struct uuid *session, int64_t before_us, bool *lives,
                       struct vault_use **out, size_t *n, int64_t *older_us)
{
    (void)v;
    (void)identity;
    (void)session;
    *older_us = before_us - 1;
    *lives = vault.account.found;
    *out = arena_array(a, 1, sizeof(**out));
    **out = (struct vault_use){
        .at = 1, .event = STR("userinfo"), .client_id = STR("c"), .refused = true, .times = 2};
    *n = 1;
    return vault.broken;
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
                              const struct audit *audit, const uint8_t request_id[16],
                              uint32_t *generation)
{
    (void)a;
    (void)v;
    (void)audit;
    (void)request_id;
    (void)verifier;
    (void)pepper;
    *generation = vault.account.generation + 1;
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

static inline void add_key(struct fixture *f, const struct wrap_ring *ring, const char *use,
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

static inline int setup(void **state)
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
    vault.account.generation = 7;
    vault.account.state = STR("active");
    vault.account.kind = STR("person");
    *state = f;
    return 0;
}

static inline int teardown(void **state)
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

static inline struct verifier_answer try(struct fixture *f, const char *number,
                                         const char *password, struct cost *cost)
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

static inline void costs_one_look_one_run_and_one_write(struct cost c)
{
    assert_int_equal(c.reads, 1);
    assert_int_equal(c.runs, 1);
    assert_int_equal(c.finishes, 1);
}

static inline void assert_says_nothing(const struct verifier_answer *answer)
{
    struct verifier_answer wrong = {.outcome = LOGIN_WRONG};
    assert_memory_equal(answer, &wrong, sizeof(wrong));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
