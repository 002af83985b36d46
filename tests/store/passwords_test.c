/* Passwords set by people: one-time codes are used once, and what the old password opened ends in
 * the statement that sets the new one.  And consents withdrawn. */
#include "fixture.h"
#include "people.h"
#include "store/credential.h"

static const uint8_t REQUEST[16] = {1};
static struct {
    struct uuid person;
    struct session_row here, there;
    struct grant_row given_here, given_there, silent;
} made;

static void two_sessions(struct task *t, void *arg)
{
    (void)arg;
    struct handle h, code;
    CHECK_OK(person_add(t, &made.person));
    CHECK_OK(session_add(t, &made.person, &h, &made.here));
    CHECK_OK(session_add(t, &made.person, &h, &made.there));
    CHECK_OK(grant_add(t, &made.here, TOLD, true, &code, &made.given_here));
    CHECK_OK(grant_add(t, &made.there, TOLD, true, &code, &made.given_there));
    CHECK_OK(grant_add(t, &made.there, SILENT, true, &code, &made.silent));
}

static struct audit entry(void)
{
    return (struct audit){.event = AUDIT_CREDENTIAL_SET,
                          .bucket = bucket_of(&made.person),
                          .subject = made.person,
                          .detail = STR("{}")};
}

#define is_set(a, query, id) (strcmp(sql(query, uuid_text((a), (id)).p), "t") == 0)

#define ENDED "SELECT ended_at IS NOT NULL FROM session WHERE id = '%s'"
#define REVOKED "SELECT revoked_at IS NOT NULL FROM \"grant\" WHERE id = '%s'"
#define HEARD "SELECT count(*) = 1 FROM outbox WHERE session_id = '%s'"

static struct vault_code_made put(struct arena *a, struct vault *v, struct vault_code *code,
                                  bool recover, enum err expected)
{
    struct audit audit = entry();
    struct vault_code_made out = {0};
    *code = (struct vault_code){.pepper_version = 1};
    uuid_random(&code->id);
    struct vault_code_new in = {.identity = made.person,
                                .code = code,
                                .lifetime_s = 60,
                                .recover = recover,
                                .audit = &audit,
                                .request_id = {1}};
    assert_int_equal(vault_code_put(a, v, &in, &out), expected);
    return out;
}

static enum err first(struct arena *a, struct vault *v, const struct uuid *person,
                      const struct uuid *code, const char *verifier)
{
    struct audit audit = entry();
    uint32_t generation = UINT32_MAX;
    enum err e = vault_first_password(a, v, person, code, str_from(verifier), 1, &audit, REQUEST,
                                      &generation);
    assert_true(e == OK ? generation > 0 : generation == UINT32_MAX);
    return e;
}

static void a_code_is_used_once_and_ends_what_was_opened(void **state)
{
    (void)state;
    run(two_sessions);
    struct arena *a = arena_new(0);
    struct vault *v;
    assert_int_equal(vault_open(&v), OK);
    struct vault_code old, code;
    struct uuid nobody;
    uuid_random(&nobody);
    assert_false(put(a, v, &old, false, OK).had_password);
    (void)put(a, v, &code, false, OK); /* the newer one ends the older */
    assert_int_equal(first(a, v, &made.person, &old.id, "$one"), ERR_CONFLICT);
    assert_int_equal(first(a, v, &nobody, &code.id, "$one"), ERR_CONFLICT);
    (void)sql("UPDATE one_time_code SET expires_at = now()");
    assert_int_equal(first(a, v, &made.person, &code.id, "$one"), ERR_CONFLICT);
    (void)put(a, v, &code, false, OK);
    assert_false(is_set(a, ENDED, &made.here.id));
    assert_int_equal(first(a, v, &made.person, &code.id, "$one"), OK);
    assert_int_equal(first(a, v, &made.person, &code.id, "$two"), ERR_CONFLICT);
    assert_string_equal(sql("SELECT verifier FROM credential WHERE identity_id = '%s'",
                            uuid_text(a, &made.person).p),
                        "$one");
    assert_true(is_set(a, ENDED, &made.here.id) && is_set(a, ENDED, &made.there.id));
    assert_true(is_set(a, REVOKED, &made.given_here.id) && is_set(a, REVOKED, &made.silent.id));
    assert_true(is_set(a, HEARD, &made.here.id) && is_set(a, HEARD, &made.there.id));
    /* who has a password gets a code only when that is meant */
    (void)put(a, v, &code, false, ERR_CONFLICT);
    assert_true(put(a, v, &code, true, OK).had_password);
    (void)sql("UPDATE identity SET state = 'locked' WHERE id = '%s'", uuid_text(a, &made.person).p);
    (void)put(a, v, &old, true, ERR_DENIED);
    assert_int_equal(first(a, v, &made.person, &code.id, "$two"), ERR_CONFLICT);
    vault_free(v);
    arena_free(a);
}

static void a_change_needs_the_old_password_and_a_session_that_lives(void **state)
{
    (void)state;
    run(two_sessions);
    struct arena *a = arena_new(0);
    struct vault *v;
    assert_int_equal(vault_open(&v), OK);
    struct vault_throttle throttles[2] = {{.key = {3}}, {.key = {4}}};
    struct vault_account account;
    struct vault_code code;
    struct audit audit = entry();
    struct uuid nobody;
    uuid_random(&nobody);
    (void)put(a, v, &code, false, OK);
    (void)sql("INSERT INTO credential (bucket, identity_id, kind, verifier) VALUES (%d, '%s', "
              "'password', '$old')",
              bucket_of(&made.person), uuid_text(a, &made.person).p);
    assert_int_equal(vault_read_session(a, v, &nobody, &made.here.id, throttles, &account), OK);
    assert_false(account.found);
    assert_int_equal(vault_read_session(a, v, &made.person, &made.here.id, throttles, &account),
                     OK);
    assert_true(account.found && str_eqz(account.verifier, "$old"));
    struct vault_change change = {.identity = made.person,
                                  .session = made.here.id,
                                  .credential = account.credential,
                                  .old = STR("$other"),
                                  .verifier = STR("$new"),
                                  .pepper_version = 1,
                                  .audit = &audit,
                                  .request_id = {1}};
    assert_int_equal(vault_change_password(a, v, &change), ERR_CONFLICT);
    change.old = STR("$old");
    change.session = nobody;
    assert_int_equal(vault_change_password(a, v, &change), ERR_CONFLICT);
    change.session = made.here.id;
    assert_int_equal(vault_change_password(a, v, &change), OK); /* others stay */
    assert_int_equal(vault_change_password(a, v, &change), ERR_CONFLICT);
    assert_false(is_set(a, ENDED, &made.there.id) || is_set(a, REVOKED, &made.given_there.id));
    assert_string_equal(sql("SELECT count(*) FROM one_time_code WHERE identity_id = '%s'",
                            uuid_text(a, &made.person).p),
                        "0");
    change.old = STR("$new");
    change.verifier = STR("$newer");
    change.shut = true;
    assert_int_equal(vault_change_password(a, v, &change), OK);
    assert_true(is_set(a, ENDED, &made.there.id) && is_set(a, REVOKED, &made.given_there.id) &&
                is_set(a, REVOKED, &made.silent.id) && is_set(a, HEARD, &made.there.id));
    assert_false(is_set(a, ENDED, &made.here.id) || is_set(a, REVOKED, &made.given_here.id) ||
                 is_set(a, HEARD, &made.here.id));
    assert_int_equal(vault_read_session(a, v, &made.person, &made.there.id, throttles, &account),
                     OK);
    assert_false(account.found); /* over */
    vault_free(v);
    arena_free(a);
}

/* Somebody with a stolen session asks for grants while the new password is being written. */
static void grant_too_late(struct task *t, void *arg)
{
    (void)arg;
    struct handle code, refresh, next;
    struct code_row row;
    struct grant_row late;
    struct audit audit = audit_of(t, AUDIT_TOKEN_CODE);
    struct session_row fresh;
    struct handle h;
    CHECK_OK(grant_add(t, &made.there, TOLD, true, &code, &late));
    CHECK_OK(store_code_find(t, web(t), &code, &row));
    CHECK(row.grant.revoked_at != 0);
    CHECK_ERR(store_code_redeem(t, web(t), &row, NULL, &audit), ERR_DENIED);
    /* as a program writes it that knows no generations (generation_test.c) */
    (void)sql("UPDATE session SET ended_at = NULL, end_reason = NULL, generation = NULL "
              "WHERE id = '%s'",
              uuid_text(t->arena, &made.there.id).p);
    CHECK_OK(refresh_add(t, &made.there, TOLD, &refresh, &late));
    (void)sql("UPDATE session SET ended_at = now(), end_reason = 'new password' WHERE id = '%s'",
              uuid_text(t->arena, &made.there.id).p);
    CHECK(rotate(t, &refresh, &next, 60) != OK);
    /* what is offline survives any other end */
    CHECK_OK(session_add(t, &made.person, &h, &fresh));
    CHECK_OK(refresh_add(t, &fresh, TOLD, &refresh, &late));
    CHECK_OK(store_session_end(t, web(t), fresh.bucket, &fresh.id, STR("own pages"), &audit));
    CHECK_OK(rotate(t, &refresh, &next, 60));
}

static void a_grant_written_while_the_password_changes_does_not_stand(void **state)
{
    (void)state;
    run(two_sessions);
    struct arena *a = arena_new(0);
    struct vault *v;
    assert_int_equal(vault_open(&v), OK);
    struct vault_code code;
    (void)put(a, v, &code, false, OK);
    assert_int_equal(first(a, v, &made.person, &code.id, "$one"), OK);
    run(grant_too_late);
    vault_free(v);
    arena_free(a);
}

static void withdraw(struct task *t, void *arg)
{
    (void)arg;
    struct consent_listed *all;
    size_t n;
    struct audit audit = audit_of(t, AUDIT_CONSENT_WITHDRAWN);
    two_sessions(t, NULL);
    CHECK_OK(store_consent_list(t, web(t), &made.person, &all, &n));
    CHECK(n == 2);
    CHECK_OK(store_consent_withdraw(t, web(t), &made.person, TOLD, &audit));
    CHECK_ERR(store_consent_withdraw(t, web(t), &made.person, TOLD, &audit), ERR_NOT_FOUND);
    CHECK_OK(store_consent_list(t, web(t), &made.person, &all, &n));
    CHECK(n == 1 && str_eq(all[0].client_id, SILENT) && str_eqz(all[0].claims, "[\"name\"]"));
    CHECK_OK(store_consent_withdraw(t, admin(t), &made.person, SILENT, &audit));
}

static void a_withdrawal_revokes_and_tells_the_service_of_every_session(void **state)
{
    (void)state;
    run(withdraw);
    struct arena *a = arena_new(0);
    assert_true(is_set(a, REVOKED, &made.given_here.id) &&
                is_set(a, REVOKED, &made.given_there.id));
    assert_true(is_set(a, REVOKED, &made.silent.id));
    assert_true(is_set(a, HEARD, &made.here.id) &&
                is_set(a, HEARD, &made.there.id)); /* once each */
    assert_false(is_set(a, ENDED, &made.here.id) || is_set(a, ENDED, &made.there.id));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_is_used_once_and_ends_what_was_opened),
        cmocka_unit_test(a_change_needs_the_old_password_and_a_session_that_lives),
        cmocka_unit_test(a_grant_written_while_the_password_changes_does_not_stand),
        cmocka_unit_test(a_withdrawal_revokes_and_tells_the_service_of_every_session),
    };
    return cmocka_run_group_tests(tests, open_with_clients, world_close);
}
