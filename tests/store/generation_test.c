/* What was judged just before a change and is written just after it, or at the same moment: a login
 * by the old password, a grant that rests on a consent.  In one order the statement refuses, in the
 * other, when neither statement sees the other, what was written does not stand.  The moment is
 * held by a lock, never met by chance. */
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "people.h"
#include "store/credential.h"

static const uint8_t REQUEST[16] = {1};
static struct {
    struct uuid person;
    struct handle cookie, refresh, code;
    struct session_row session, raced;
    struct grant_row grant;
    PGconn *held;
    pid_t child;
    bool over;
} made;

static enum err set_password(const char *verifier)
{
    struct arena *a = arena_new(0);
    struct vault *v;
    assert_int_equal(vault_open(&v), OK);
    struct audit audit = {.event = AUDIT_CREDENTIAL_SET,
                          .bucket = bucket_of(&made.person),
                          .subject = made.person,
                          .detail = STR("{}")};
    enum err e = vault_set_password(a, v, &made.person, str_from(verifier), 1, &audit, REQUEST);
    vault_free(v);
    arena_free(a);
    return e;
}

static enum err change_password(const struct uuid *session, const char *old, const char *verifier,
                                bool shut)
{
    struct arena *a = arena_new(0);
    struct vault *v;
    assert_int_equal(vault_open(&v), OK);
    struct vault_throttle throttles[2] = {{.key = {3}}, {.key = {4}}};
    struct vault_account account;
    struct audit audit = {.event = AUDIT_CREDENTIAL_SET,
                          .bucket = bucket_of(&made.person),
                          .subject = made.person,
                          .detail = STR("{}")};
    enum err e = vault_read_session(a, v, &made.person, session, throttles, &account);
    if (e == OK && !account.found) {
        e = ERR_NOT_FOUND;
    }
    struct vault_change change = {.identity = made.person,
                                  .session = *session,
                                  .credential = account.credential,
                                  .old = str_from(old),
                                  .verifier = str_from(verifier),
                                  .pepper_version = 1,
                                  .shut = shut,
                                  .audit = &audit,
                                  .request_id = {1}};
    e = e == OK ? vault_change_password(a, v, &change) : e;
    vault_free(v);
    arena_free(a);
    return e;
}

static void somebody(struct task *t, void *arg)
{
    (void)arg;
    CHECK_OK(person_add(t, &made.person));
    CHECK_OK(session_add(t, &made.person, &made.cookie, &made.session));
}

static void log_in_late(struct task *t, void *arg)
{
    (void)arg;
    struct handle h;
    struct session_row s, renewed;
    uint32_t now = generation_of(t, &made.person);
    CHECK(now == 1);
    CHECK_ERR(session_judged(t, &made.person, now - 1, &h, &s), ERR_CONFLICT);
    CHECK(strcmp(sql("SELECT count(*) FROM audit WHERE event = 'login' AND session_id = '%s'",
                     uuid_text(t->arena, &s.id).p),
                 "0") == 0);
    CHECK_OK(session_judged(t, &made.person, now, &h, &s));
    CHECK_OK(session_find(t, web(t), &h, 3600, &renewed));
    made.session = s;
    made.cookie = h;
}

static void a_login_judged_by_the_password_before_opens_no_session(void **state)
{
    (void)state;
    run(somebody);
    assert_int_equal(set_password("$new"), OK);
    run(log_in_late);
}

/* Waits until a statement waits for the row that is held. */
static bool somebody_waits(void)
{
    return strcmp(
               sql("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "
                   "datname = current_database()"),
               "t") == 0;
}

/* The new password is being set and waits for a session's row; a login judged by the old one goes
 * all its way meanwhile, to an offline grant and a refresh token. */
static void log_in_meanwhile(struct task *t, void *arg)
{
    (void)arg;
    while (!somebody_waits()) {
        CHECK_OK(task_sleep(t, 5));
    }
    struct session_row found;
    CHECK_OK(
        session_judged(t, &made.person, generation_of(t, &made.person), &made.cookie, &made.raced));
    CHECK_OK(session_find(t, web(t), &made.cookie, 3600, &found));
    CHECK_OK(refresh_add(t, &made.raced, TOLD, &made.refresh, &made.grant));
    CHECK_OK(grant_add(t, &made.raced, TOLD, true, &made.code, &made.grant));
}

static void nothing_stands(struct task *t, void *arg)
{
    (void)arg;
    struct session_row found, *all;
    struct grant_row grant;
    struct code_row code;
    struct handle next;
    struct audit audit = audit_of(t, AUDIT_LOGIN);
    size_t n;
    CHECK_ERR(session_find(t, web(t), &made.cookie, 3600, &found), ERR_NOT_FOUND);
    CHECK_OK(store_session_list(t, web(t), made.raced.bucket, &made.person, &all, &n));
    CHECK(n == 0);
    CHECK_ERR(rotate(t, &made.refresh, &next, 60), ERR_DENIED);
    CHECK_OK(store_grant_find(t, web(t), made.raced.bucket, &made.grant.id, &grant, NULL, NULL));
    CHECK(grant.revoked_at != 0);
    CHECK_OK(store_code_find(t, web(t), &made.code, &code));
    CHECK(code.grant.revoked_at != 0);
    CHECK_ERR(store_code_redeem(t, web(t), &code, NULL, &audit), ERR_DENIED);
    /* who logs in with the new one doesn't bring it to life */
    made.raced.generation = generation_of(t, &made.person);
    CHECK_ERR(store_session_create(t, web(t), &made.raced, NULL, NULL, &audit), ERR_CONFLICT);
}

static void a_session_written_while_the_password_is_set_does_not_stand(void **state)
{
    (void)state;
    run(somebody);
    struct arena *a = arena_new(0);
    char text[128];
    (void)snprintf(text, sizeof text, "BEGIN; SELECT FROM session WHERE id = '%s' FOR UPDATE",
                   uuid_text(a, &made.session.id).p);
    made.held = hold(text);
    made.child = fork();
    if (made.child == 0) {
        _exit(set_password("$new") == OK ? 0 : 1);
    }
    run(log_in_meanwhile);
    let_go(made.held);
    int status = -1;
    assert_int_equal(waitpid(made.child, &status, 0), made.child);
    assert_int_equal(status, 0);
    run(nothing_stands);
    assert_int_equal(change_password(&made.raced.id, "$new", "$thief", true), ERR_NOT_FOUND);
    arena_free(a);
}

static void still_here(struct task *t, void *arg)
{
    struct session_row found;
    struct handle h, next;
    (void)arg;
    CHECK_OK(session_find(t, web(t), &made.cookie, 3600, &found));
    CHECK_OK(rotate(t, &made.refresh, &next, 60));
    made.refresh = next;
    CHECK_ERR(session_judged(t, &made.person, generation_of(t, &made.person) - 1, &h, &found),
              ERR_CONFLICT);
}

static void with_offline_grant_of_an_ended_session(struct task *t, void *arg)
{
    (void)arg;
    struct handle h;
    struct session_row ended;
    struct audit audit = audit_of(t, AUDIT_LOGOUT);
    somebody(t, NULL);
    CHECK_OK(session_add(t, &made.person, &h, &ended));
    CHECK_OK(refresh_add(t, &ended, TOLD, &made.refresh, &made.grant));
    audit.bucket = ended.bucket;
    CHECK_OK(store_session_end(t, web(t), ended.bucket, &ended.id, STR("logout"), &audit));
}

static void rotate_once_more(struct task *t, void *arg)
{
    struct session_row found;
    struct handle next;
    (void)arg;
    CHECK_OK(session_find(t, web(t), &made.cookie, 3600, &found));
    CHECK_ERR(rotate(t, &made.refresh, &next, 60), ERR_DENIED);
}

static void a_change_keeps_what_the_person_keeps_and_nothing_judged_before(void **state)
{
    (void)state;
    run(with_offline_grant_of_an_ended_session);
    struct arena *a = arena_new(0);
    (void)sql("INSERT INTO credential (bucket, identity_id, kind, verifier) VALUES (%d, '%s', "
              "'password', '$old')",
              bucket_of(&made.person), uuid_text(a, &made.person).p);
    /* a session from a program that knew no generations */
    (void)sql("UPDATE session SET generation = NULL WHERE id = '%s'",
              uuid_text(a, &made.session.id).p);
    assert_int_equal(change_password(&made.session.id, "$wrong", "$new", false), ERR_CONFLICT);
    assert_int_equal(change_password(&made.session.id, "$old", "$new", false), OK);
    run(still_here);
    assert_int_equal(change_password(&made.session.id, "$new", "$newer", false), OK);
    run(still_here);
    assert_int_equal(change_password(&made.session.id, "$newer", "$newest", true), OK);
    run(rotate_once_more); /* the session it was changed in goes on, what others gave does not */
    arena_free(a);
}

static void lock_and_unlock(struct task *t, void *arg)
{
    (void)arg;
    struct handle h;
    struct session_row s;
    struct audit audit = audit_of(t, AUDIT_IDENTITY_LOCKED);
    somebody(t, NULL);
    uint32_t before = generation_of(t, &made.person);
    CHECK_OK(store_identity_change(t, admin(t), &made.person, STR("locked"), STR("officer"),
                                   STR("law"), &audit));
    CHECK_OK(store_identity_change(t, admin(t), &made.person, STR("active"), STR("officer"),
                                   STR("law"), &audit));
    CHECK_ERR(session_judged(t, &made.person, before, &h, &s), ERR_CONFLICT);
    CHECK_OK(session_add(t, &made.person, &h, &s));
}

static void a_login_judged_before_a_lock_opens_no_session_after_the_unlocking(void **state)
{
    (void)state;
    run(lock_and_unlock);
}

/* Consents. */

static struct consent_row consent;

static void agree(struct task *t, void *arg)
{
    (void)arg;
    struct handle code;
    somebody(t, NULL);
    CHECK_OK(grant_add(t, &made.session, TOLD, true, &code, &made.grant));
    CHECK_OK(store_consent_find(t, web(t), &made.person, &made.person, TOLD, &consent));
    CHECK_OK(grant_resting(t, &made.session, TOLD, true, &consent.id, &code, &made.grant));
}

static void grant_late(struct task *t, void *arg)
{
    (void)arg;
    struct audit audit = audit_of(t, AUDIT_CONSENT_WITHDRAWN);
    struct handle code;
    struct grant_row late, found;
    struct consent_row again;
    agree(t, NULL);
    CHECK_OK(store_consent_withdraw(t, web(t), &made.person, TOLD, &audit));
    CHECK_ERR(grant_resting(t, &made.session, TOLD, true, &consent.id, &code, &late), ERR_CONFLICT);
    CHECK_ERR(store_grant_find(t, web(t), late.bucket, &late.id, &found, NULL, NULL),
              ERR_NOT_FOUND);
    /* agreed to again: another consent, and the old one is still none */
    CHECK_OK(grant_add(t, &made.session, TOLD, true, &code, &late));
    CHECK_OK(store_consent_find(t, web(t), &made.person, &made.person, TOLD, &again));
    CHECK(memcmp(&again.id, &consent.id, sizeof again.id) != 0);
    CHECK_ERR(grant_resting(t, &made.session, TOLD, true, &consent.id, &code, &late), ERR_CONFLICT);
    CHECK_OK(grant_resting(t, &made.session, TOLD, true, &again.id, &code, &late));
}

static void a_grant_that_rests_on_a_withdrawn_consent_is_refused(void **state)
{
    (void)state;
    run(grant_late);
}

static void grant_unseen(struct task *t, void *arg)
{
    (void)arg;
    CHECK_OK(grant_resting(t, &made.session, TOLD, true, &consent.id, &made.code, &made.grant));
}

static void code_is_worthless(struct task *t, void *arg)
{
    (void)arg;
    struct code_row code;
    CHECK_OK(store_code_find(t, web(t), &made.code, &code));
    CHECK(code.grant.revoked_at != 0);
}

/* The withdrawal commits after the grant was written and has not seen it. */
static void a_code_whose_consent_was_withdrawn_unseen_is_worthless(void **state)
{
    (void)state;
    run(agree);
    struct arena *a = arena_new(0);
    char text[128];
    (void)snprintf(text, sizeof text,
                   "BEGIN; UPDATE consent SET withdrawn_at = now() WHERE id = '%s'",
                   uuid_text(a, &consent.id).p);
    made.held = hold(text);
    run(grant_unseen);
    PQclear(PQexec(made.held, "COMMIT"));
    let_go(made.held);
    run(code_is_worthless);
    arena_free(a);
}

static void withdraw(struct task *t, void *arg)
{
    (void)arg;
    struct audit audit = audit_of(t, AUDIT_CONSENT_WITHDRAWN);
    CHECK_OK(store_consent_withdraw(t, web(t), &made.person, TOLD, &audit));
    made.over = true;
}

/* Written and redeemed while the withdrawal, which has looked at the grants, waits for the consent.
 */
static void redeem_meanwhile(struct task *t, void *arg)
{
    (void)arg;
    struct code_row row;
    struct audit audit = audit_of(t, AUDIT_TOKEN_CODE);
    struct refresh_new first = {.proof = STR("refresh proof"),
                                .expires_at = made.session.expires_at};
    while (!somebody_waits()) {
        CHECK_OK(task_sleep(t, 5));
    }
    CHECK_OK(grant_resting(t, &made.session, TOLD, true, &consent.id, &made.code, &made.grant));
    CHECK_OK(store_code_find(t, web(t), &made.code, &row));
    CHECK(row.grant.revoked_at == 0);
    handle_make(NULL, made.session.bucket, &made.refresh);
    first.hash = made.refresh.hash;
    CHECK_OK(store_code_redeem(t, web(t), &row, &first, &audit));
    CHECK(!made.over);
    let_go(made.held);
}

static void refresh_is_over(struct task *t, void *arg)
{
    (void)arg;
    struct handle next;
    CHECK_ERR(rotate(t, &made.refresh, &next, 60), ERR_DENIED);
}

static void what_is_redeemed_while_the_consent_is_withdrawn_does_not_stand(void **state)
{
    (void)state;
    run(agree);
    struct arena *a = arena_new(0);
    char text[128];
    made.over = false;
    (void)snprintf(text, sizeof text, "BEGIN; SELECT FROM consent WHERE id = '%s' FOR UPDATE",
                   uuid_text(a, &consent.id).p);
    made.held = hold(text);
    start(withdraw, NULL);
    start(redeem_meanwhile, NULL);
    finish();
    run(refresh_is_over);
    assert_string_equal(sql("SELECT count(DISTINCT session_id) FROM outbox WHERE session_id = '%s'",
                            uuid_text(a, &made.session.id).p),
                        "1");
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_judged_by_the_password_before_opens_no_session),
        cmocka_unit_test(a_session_written_while_the_password_is_set_does_not_stand),
        cmocka_unit_test(a_change_keeps_what_the_person_keeps_and_nothing_judged_before),
        cmocka_unit_test(a_login_judged_before_a_lock_opens_no_session_after_the_unlocking),
        cmocka_unit_test(a_grant_that_rests_on_a_withdrawn_consent_is_refused),
        cmocka_unit_test(a_code_whose_consent_was_withdrawn_unseen_is_worthless),
        cmocka_unit_test(what_is_redeemed_while_the_consent_is_withdrawn_does_not_stand),
    };
    return cmocka_run_group_tests(tests, open_with_clients, world_close);
}
