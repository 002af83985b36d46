/* Logins with a password: what a refusal costs and tells, and what the right one gives. */
#include "vault.h"

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
    assert_int_equal(answer.generation, vault.account.generation);
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

int main(void)
{
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
