/* The key store, the clerk's duties, and the verifier's vault. */
#include "fixture.h"
#include "base/clock.h"
#include "people.h"
#include "store/bucket_key.h"
#include "store/credential.h"
#include "store/keystore.h"

static struct keystore_row key(const char *kid, const char *state)
{
    return (struct keystore_row){.kid = str_from(kid),
                                 .use = STR("sign"),
                                 .alg = STR("ES256"),
                                 .state = str_from(state),
                                 .public_jwk = STR("{}"),
                                 .sealed = STR("sealed"),
                                 .published_at = 1700000000};
}

static void keystore(struct task *t, void *arg)
{
    (void)arg;
    struct keystore_row *rows;
    size_t n;
    uint64_t generation, after;
    int64_t now_ms;
    struct audit audit = audit_of(t, AUDIT_KEY_CREATED);
    CHECK_OK(store_keystore_read(t, clerk(t), &rows, &n, &generation, &now_ms));
    CHECK(n == 0 && llabs(now_ms - clock_now_ms()) < 2000);
    struct keystore_row first[] = {key("a", "active"), key("b", "next")};
    CHECK_OK(store_keystore_apply(t, clerk(t), first, 2, generation, &audit));
    CHECK_ERR(store_keystore_apply(t, admin(t), first, 2, generation, &audit), ERR_CONFLICT);
    CHECK_OK(store_keystore_generation(t, clerk(t), &after));
    CHECK(after > generation);
    /* The whole turn of a rotation in one statement, in the order least likely to work. */
    struct keystore_row turn[] = {key("c", "next"), key("b", "active"), key("a", "retiring")};
    turn[2].sealed = STR_NONE;
    CHECK_OK(store_keystore_apply(t, clerk(t), turn, 3, after, &audit));
    CHECK_OK(store_keystore_read(t, clerk(t), &rows, &n, &generation, &now_ms));
    CHECK(n == 3);
    for (size_t i = 0; i < n; i++) {
        const char *expected = str_eqz(rows[i].kid, "a")   ? "retiring"
                               : str_eqz(rows[i].kid, "b") ? "active"
                                                           : "next";
        CHECK(str_eqz(rows[i].state, expected) && rows[i].published_at == 1700000000);
        CHECK(str_is(rows[i].sealed) != str_eqz(rows[i].kid, "a"));
    }
    struct keystore_row second = key("d", "active"); /* there is one */
    CHECK_ERR(store_keystore_apply(t, clerk(t), &second, 1, generation, &audit), ERR_CONFLICT);
    CHECK_OK(store_keystore_generation(t, clerk(t), &after));
    CHECK(after == generation);
}

static void keys_change_only_from_the_generation_they_were_read_at(void **state)
{
    (void)state;
    run(keystore);
}

static int winners;
static void apply_race(struct task *t, void *arg)
{
    uint64_t generation = *(uint64_t *)arg;
    struct audit audit = audit_of(t, AUDIT_KEY_ROTATED);
    struct keystore_row row = key(random_name(t, "k").p, "retired");
    enum err e = store_keystore_apply(t, rand_below(2) == 0 ? clerk(t) : admin(t), &row, 1,
                                      generation, &audit);
    winners += e == OK;
    CHECK(e == OK || e == ERR_CONFLICT);
}

static uint64_t generation_now;
static void read_generation(struct task *t, void *arg)
{
    (void)arg;
    (void)admin(t);
    CHECK_OK(store_keystore_generation(t, clerk(t), &generation_now));
}

static void of_two_changes_at_once_one_wins(void **state)
{
    (void)state;
    for (int round = 0; round < 10; round++) {
        run(read_generation);
        winners = 0;
        for (int i = 0; i < 6; i++) {
            start(apply_race, &generation_now);
        }
        finish();
        assert_int_equal(winners, 1);
    }
}

static void duties(struct task *t, void *arg)
{
    (void)arg;
    size_t n;
    bool have;
    struct uuid person;
    struct handle h, code;
    struct session_row s;
    struct grant_row g;
    CHECK_OK(client_add(t, STR("portal"), false));
    CHECK_OK(person_add(t, &person));
    CHECK_OK(session_add(t, &person, &h, &s));
    CHECK_OK(grant_add(t, &s, STR("portal"), false, &code, &g));
    CHECK_OK(store_expire(t, clerk(t), 100, &n));
    CHECK(n == 0);
    (void)sql("UPDATE code SET expires_at = now() - interval '3 days'; "
              "UPDATE session SET expires_at = now() - interval '60 days'; "
              "UPDATE \"grant\" SET expires_at = now() - interval '60 days'; "
              "INSERT INTO replay VALUES (sha256('x'), now() - interval '1 day')");
    CHECK_OK(store_expire(t, clerk(t), 100, &n));
    CHECK(n == 4);
    CHECK_OK(store_audit_partitions(t, clerk(t), &n));
    CHECK(n == 0);
    for (int i = 0; i < 3; i++) {
        CHECK_OK(store_clerk_lock(t, clerk(t), &have));
        CHECK(have);
    }
    struct bucket_key_row *keys;
    (void)sql("DELETE FROM identity_key; DELETE FROM bucket_key");
    (void)sql("INSERT INTO bucket_key (bucket, version, wrapped) SELECT n, 1, '\\x01' || "
              "decode('1111111111111111', 'hex') || 'rest' FROM generate_series(0, 9) n");
    CHECK_OK(store_bucket_keys(t, clerk(t), STR("\x22\x22\x22\x22\x22\x22\x22\x22"), 4, &keys, &n));
    CHECK(n == 4 && keys[3].bucket == 3);
    for (size_t i = 0; i < n; i++) {
        keys[i].wrapped = STR("\x01\x22\x22\x22\x22\x22\x22\x22\x22rest");
    }
    struct audit step = audit_of(t, AUDIT_KEY_REWRAPPED);
    step.detail = STR("{\"bucket_keys\":4}");
    CHECK_OK(store_bucket_keys_replace(t, clerk(t), keys, n, &step));
    assert_string_equal(sql("SELECT count(*) FROM audit WHERE event = 'key.rewrapped'"), "1");
    CHECK_OK(
        store_bucket_keys(t, clerk(t), STR("\x22\x22\x22\x22\x22\x22\x22\x22"), 100, &keys, &n));
    CHECK(n == 6 && keys[0].bucket == 4);
}

static void second_clerk(struct task *t, void *arg)
{
    (void)arg;
    bool have;
    struct pg *other = pg_of("clerk", 1, 1);
    CHECK_OK(wait_ready(t, other));
    CHECK_OK(store_clerk_lock(t, other, &have));
    CHECK(!have);
    pg_free(other);
}

static void one_clerk_at_a_time_expires_and_rewraps(void **state)
{
    (void)state;
    run(duties);
    run(second_clerk);
}

/* -- vault -- */

static struct uuid member;
static uint8_t digest[1][32];
static void make_member(struct task *t, void *arg)
{
    (void)arg;
    CHECK_OK(person_add(t, &member));
    rand_bytes(digest[0], 32);
    struct buf hex = buf_in(t->arena);
    for (size_t i = 0; i < 32; i++) {
        buf_fmt(&hex, "%02x", digest[0][i]);
    }
    (void)sql("UPDATE lookup_digest SET digest = decode('%s', 'hex') WHERE identity_id = '%s'",
              buf_z(&hex), uuid_text(t->arena, &member).p);
}

static struct vault_result result_of(bool accepted, const struct vault_throttle *throttles,
                                     const struct audit *audit)
{
    return (struct vault_result){.accepted = accepted,
                                 .throttles = throttles,
                                 .window_s = 900,
                                 .limit_account = 3,
                                 .limit_address = 50,
                                 .audit = audit,
                                 .identity = member,
                                 .request_id = {1}};
}

static void the_vault_counts_blocks_and_forgets(void **state)
{
    (void)state;
    run(make_member);
    struct arena *a = arena_new(0);
    struct vault *v;
    struct vault_account account;
    struct vault_throttle throttles[2] = {{.key = {1}}, {.key = {2}}};
    const uint32_t versions[] = {1};
    struct vault_key *keys;
    size_t n;
    struct audit audit = {
        .event = AUDIT_LOGIN_REFUSED, .refused = true, .bucket = bucket_of(&member)};
    struct pg_settings s = {.host = socket_dir(),
                            .database = getenv("STORE_DB"),
                            .user = "authd_verifier",
                            .port = 5432,
                            .role = "verifier"};
    assert_int_equal(vault_new(&s, &v), OK);
    assert_int_equal(vault_keys(a, v, &keys, &n), OK);

    uint8_t unknown[1][32] = {{9}};
    assert_int_equal(
        vault_read(a, v, versions, (const uint8_t(*)[32])unknown, 1, throttles, &account), OK);
    assert_false(account.found);
    assert_int_equal(
        vault_read(a, v, versions, (const uint8_t(*)[32])digest, 1, throttles, &account), OK);
    assert_true(account.found);
    assert_memory_equal(&account.identity, &member, sizeof member);
    assert_null(account.verifier.p);
    assert_int_equal(account.account_level, 2);

    const uint8_t id[16] = {7};
    assert_int_equal(vault_set_password(a, v, &member, STR("$argon2id$one"), 1, &audit, id), OK);
    assert_int_equal(vault_set_password(a, v, &member, STR("$argon2id$two"), 2, &audit, id), OK);
    assert_int_equal(
        vault_read(a, v, versions, (const uint8_t(*)[32])digest, 1, throttles, &account), OK);
    assert_true(str_eqz(account.verifier, "$argon2id$two"));
    assert_int_equal(account.pepper_version, 2);

    struct vault_result refused = result_of(false, throttles, &audit);
    for (uint32_t i = 1; i <= 4; i++) {
        assert_int_equal(vault_finish(a, v, &refused), OK);
        assert_int_equal(
            vault_read(a, v, versions, (const uint8_t(*)[32])digest, 1, throttles, &account), OK);
        assert_int_equal(throttles[0].failures, i);
        assert_int_equal(throttles[1].failures, i);
        assert_int_equal(throttles[0].blocked_for_s > 0, i >= 3);
        assert_int_equal(throttles[1].blocked_for_s, 0);
    }
    assert_in_range(throttles[0].blocked_for_s, 3, 8);

    /* the connection goes away between two calls */
    (void)sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'authd_verifier'");
    assert_int_equal(
        vault_read(a, v, versions, (const uint8_t(*)[32])digest, 1, throttles, &account), OK);

    /* the password was changed between the check and now: the old one must not come back */
    struct vault_result accepted = result_of(true, throttles, &audit);
    accepted.upgraded = STR("$argon2id$three");
    accepted.upgraded_pepper = 3;
    accepted.credential = account.credential;
    accepted.checked = STR("$argon2id$of-before");
    assert_int_equal(vault_finish(a, v, &accepted), OK);
    struct str checked = str_dup(a, account.verifier);
    assert_int_equal(
        vault_read(a, v, versions, (const uint8_t(*)[32])digest, 1, throttles, &account), OK);
    assert_true(str_eq(account.verifier, checked));

    accepted.checked = checked;
    assert_int_equal(vault_finish(a, v, &accepted), OK);
    assert_int_equal(
        vault_read(a, v, versions, (const uint8_t(*)[32])digest, 1, throttles, &account), OK);
    assert_int_equal(throttles[0].failures, 0);
    assert_int_equal(throttles[1].failures, 4);
    assert_true(str_eqz(account.verifier, "$argon2id$three"));
    assert_string_equal(sql("SELECT count(*) FROM audit WHERE event = 'login.refused'"), "8");

    cluster("kill");
    assert_int_equal(
        vault_read(a, v, versions, (const uint8_t(*)[32])digest, 1, throttles, &account),
        ERR_UNAVAILABLE);
    cluster("start");
    turn_for(600);
    assert_int_equal(
        vault_read(a, v, versions, (const uint8_t(*)[32])digest, 1, throttles, &account), OK);
    vault_free(v);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_change_only_from_the_generation_they_were_read_at),
        cmocka_unit_test(of_two_changes_at_once_one_wins),
        cmocka_unit_test(one_clerk_at_a_time_expires_and_rewraps),
        cmocka_unit_test(the_vault_counts_blocks_and_forgets),
    };
    return cmocka_run_group_tests(tests, world_open, world_close);
}
