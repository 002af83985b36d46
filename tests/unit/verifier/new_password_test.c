/* How a password comes to be: by the administrator, with a one-time code, in place of an old one.
 */
#include "vault.h"

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
    assert_int_equal(out.generation, vault.account.generation + 1);
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

static void locking_needs_session_and_present_password_and_the_history_the_session(void **state)
{
    struct fixture *f = *state;
    struct verifier_changed out;
    struct verifier_history_told told;
    struct session_wish wish = {.bearer = sha256(STR("cookie")), .subject = vault.account.identity};
    struct verifier_answer session;
    assert_int_equal(verifier_keys_refresh(f->arena, &f->verifier, false), OK);
    wish.expires_at = clock_now_s() + 60;
    uuid_random(&wish.session);
    session_prove(f->arena, &f->verifier, &wish, &session);
    struct verifier_lock in = {.session_proof = session.proof,
                               .secret = STR("another cookie"),
                               .current = STR(PASSWORD),
                               .address = STR("192.0.2.1")};
    struct verifier_history ask = {
        .session_proof = session.proof, .secret = in.secret, .before_us = 10};
    assert_int_equal(own_lock(f->arena, &f->verifier, &in, &out), ERR_DENIED);
    assert_int_equal(own_history(f->arena, &f->verifier, &ask, &told), ERR_DENIED);
    in.secret = ask.secret = STR("cookie");
    in.current = STR("mật khẩu sai");
    assert_int_equal(own_lock(f->arena, &f->verifier, &in, &out), OK);
    assert_int_equal(out.outcome, CHANGE_WRONG);
    vault.blocked_for_s = 5;
    in.current = STR(PASSWORD);
    assert_int_equal(own_lock(f->arena, &f->verifier, &in, &out), OK);
    assert_int_equal(out.outcome, CHANGE_LATER);
    vault.blocked_for_s = 0;
    assert_int_equal(vault.changes, 0);
    assert_int_equal(own_history(f->arena, &f->verifier, &ask, &told), OK);
    assert_true(str_eqz(told.uses, "[{\"at\":1,\"event\":\"userinfo\",\"times\":2,\"refused\":true,"
                                   "\"client\":\"c\"}]"));
    assert_int_equal(told.older_us, 9);
    vault.account.found = false; /* the session has ended */
    assert_int_equal(own_lock(f->arena, &f->verifier, &in, &out), OK);
    assert_int_equal(out.outcome, CHANGE_OVER);
    assert_int_equal(own_history(f->arena, &f->verifier, &ask, &told), OK);
    assert_false(str_is(told.uses));
    vault.account.found = true;
    assert_int_equal(vault.changes, 0);
    assert_int_equal(own_lock(f->arena, &f->verifier, &in, &out), OK);
    assert_int_equal(out.outcome, CHANGE_DONE);
    assert_int_equal(vault.changes, 1);
    assert_int_equal(vault.audit.event, AUDIT_IDENTITY_LOCKED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_new_password_is_judged_by_the_rules),
        T(every_refusal_of_a_code_costs_and_says_the_same),
        T(a_right_code_can_do_nothing_but_set_the_password),
        T(a_change_needs_session_and_present_password),
        T(locking_needs_session_and_present_password_and_the_history_the_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
