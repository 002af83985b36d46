/* Codes, consents, logins. */
#include "fixture.h"
#include "base/clock.h"
#include "people.h"
#include "store/login.h"

/* -- codes -- */

struct race {
    struct handle code;
    int won, conflicts, other;
};

static void redeem_one(struct task *t, void *arg)
{
    struct race *race = arg;
    struct code_row row;
    struct audit audit = audit_of(t, AUDIT_TOKEN_CODE);
    CHECK_OK(store_code_find(t, web(t), &race->code, &row));
    enum err e = store_code_redeem(t, web(t), &row, NULL, &audit);
    race->won += e == OK;
    race->conflicts += e == ERR_CONFLICT;
    race->other += e != OK && e != ERR_CONFLICT;
}

static void race_for_a_code(struct task *t, void *arg)
{
    struct race *race = arg;
    struct grant_row grant;
    CHECK_OK(grant_add(t, &logged_in.session, CLIENT, false, &race->code, &grant));
}

/* spec: RFC 6749 §4.1.2:once the client MUST NOT use the authorization code more than once */
static void refuses_a_code_used_twice(void **state)
{
    (void)state;
    struct race race = {0};
    start(race_for_a_code, &race);
    finish();
    for (int i = 0; i < 20; i++) {
        start(redeem_one, &race);
    }
    finish();
    assert_int_equal(race.won, 1);
    assert_int_equal(race.conflicts, 19);
    assert_int_equal(race.other, 0);
}

static void expired_code(struct task *t, void *arg)
{
    (void)arg;
    struct handle code;
    struct grant_row grant;
    struct code_row row;
    struct audit audit = audit_of(t, AUDIT_TOKEN_CODE);
    CHECK_OK(grant_add(t, &logged_in.session, CLIENT, false, &code, &grant));
    (void)sql("UPDATE code SET expires_at = now() - interval '1 s' WHERE grant_id = '%s'",
              uuid_text(t->arena, &grant.id).p);
    CHECK_OK(store_code_find(t, web(t), &code, &row));
    CHECK_ERR(store_code_redeem(t, web(t), &row, NULL, &audit), ERR_EXPIRED);
}

static void refuses_an_expired_code(void **state)
{
    (void)state;
    run(expired_code);
}

static void code_of_ended_session(struct task *t, void *arg)
{
    (void)arg;
    struct handle h, code;
    struct session_row s;
    struct grant_row grant;
    struct code_row row;
    struct audit audit = audit_of(t, AUDIT_LOGOUT);
    CHECK_OK(session_add(t, &logged_in.person, &h, &s));
    CHECK_OK(grant_add(t, &s, CLIENT, false, &code, &grant));
    CHECK_OK(store_session_end(t, web(t), s.bucket, &s.id, STR("logout"), &audit));
    CHECK_OK(store_code_find(t, web(t), &code, &row));
    CHECK(row.grant.revoked_at != 0);
    CHECK_ERR(store_code_redeem(t, web(t), &row, NULL, &audit), ERR_DENIED);
}

static void refuses_a_code_of_an_ended_session(void **state)
{
    (void)state;
    run(code_of_ended_session);
}

static void code_roundtrip(struct task *t, void *arg)
{
    (void)arg;
    struct handle code, refresh, unknown;
    struct grant_row grant, found;
    struct code_row row;
    struct refresh_row r;
    struct sealed_document *documents;
    size_t n;
    CHECK_OK(refresh_add(t, &logged_in.session, CLIENT, &refresh, &grant));
    CHECK_OK(store_refresh_find(t, web(t), &refresh, &r));
    CHECK(memcmp(&r.grant.id, &grant.id, sizeof grant.id) == 0);
    CHECK(str_eqz(r.proof, "refresh proof"));
    CHECK(r.used_at == 0 && r.superseded_at == 0);
    CHECK_OK(grant_add(t, &logged_in.session, CLIENT, false, &code, &grant));
    CHECK_OK(store_code_find(t, web(t), &code, &row));
    CHECK(str_eqz(row.redirect_uri, "https://rp.example/cb") && str_eqz(row.proof, "code proof"));
    CHECK(row.used_at == 0 && row.grant.revoked_at == 0);
    CHECK(str_eqz(row.grant.identity_state, "active"));
    CHECK_OK(store_grant_find(t, web(t), grant.bucket, &grant.id, &found, &documents, &n));
    CHECK(str_eq(found.scope, grant.scope) && str_eq(found.resource, grant.resource));
    CHECK(str_eqz(found.claims, "{\"userinfo\": [\"name\"]}") && found.cnf.p == NULL);
    CHECK(found.auth_time == logged_in.session.auth_time && found.expires_at == grant.expires_at);
    CHECK(n == 1 && str_eqz(documents[0].sealed, "sealed"));
    CHECK(str_eqz(documents[0].wrapped_key, "wrapped key"));
    CHECK(str_is(documents[0].wrapped_bucket_key));
    handle_make(NULL, 7, &unknown);
    CHECK_ERR(store_code_find(t, web(t), &unknown, &row), ERR_NOT_FOUND);
    CHECK_ERR(store_refresh_find(t, web(t), &unknown, &r), ERR_NOT_FOUND);
}

static void gives_back_what_was_written(void **state)
{
    (void)state;
    run(code_roundtrip);
}

/* -- consents, logins -- */

/* Which consent a look at the session brings along; all zero when it brings none. */
static struct uuid shown_with(struct task *t, const struct handle *cookie, struct str client)
{
    struct session_row s;
    struct consent_row shown = {.scope = STR_NONE};
    enum err e = store_session_find(t, web(t), cookie, 3600, client, &s, &shown);
    return e == OK && shown.scope.p != NULL ? shown.id : (struct uuid){{0}};
}

static bool is_none(struct uuid id)
{
    return memcmp(&id, &(struct uuid){{0}}, sizeof id) == 0;
}

static void consents(struct task *t, void *arg)
{
    (void)arg;
    struct handle code;
    struct grant_row grant, found;
    struct consent_row consent;
    struct audit audit = audit_of(t, AUDIT_CONSENT_WITHDRAWN);
    struct uuid one;
    struct handle h;
    struct session_row s;
    CHECK_OK(person_add(t, &one));
    CHECK_OK(session_add(t, &one, &h, &s));
    CHECK_ERR(store_consent_find(t, web(t), &one, &one, CLIENT, &consent), ERR_NOT_FOUND);
    CHECK(is_none(shown_with(t, &h, CLIENT)));
    CHECK_OK(grant_add(t, &s, CLIENT, true, &code, &grant));
    CHECK_OK(grant_add(t, &s, CLIENT, true, &code, &grant));
    CHECK_OK(store_consent_find(t, web(t), &one, &one, CLIENT, &consent));
    CHECK(str_eqz(consent.scope, "openid profile") && str_eqz(consent.claims, "[\"name\"]"));
    struct uuid shown = shown_with(t, &h, CLIENT);
    CHECK(!is_none(shown) && memcmp(&shown, &consent.id, sizeof shown) == 0);
    CHECK(is_none(shown_with(t, &h, STR("another"))) && is_none(shown_with(t, &h, STR_NONE)));
    CHECK_OK(store_consent_withdraw(t, web(t), &one, CLIENT, &audit));
    CHECK_ERR(store_consent_find(t, web(t), &one, &one, CLIENT, &consent), ERR_NOT_FOUND);
    CHECK(is_none(shown_with(t, &h, CLIENT)));
    CHECK_ERR(store_consent_withdraw(t, web(t), &one, CLIENT, &audit), ERR_NOT_FOUND);
    CHECK_OK(store_grant_find(t, web(t), grant.bucket, &grant.id, &found, NULL, NULL));
    CHECK(found.revoked_at != 0);
}

static void consent_is_given_replaced_and_withdrawn(void **state)
{
    (void)state;
    run(consents);
}

static struct session_row crowd_session;
static void crowd_begin(struct task *t, void *arg)
{
    (void)arg;
    struct uuid one;
    struct handle h;
    CHECK_OK(person_add(t, &one));
    CHECK_OK(session_add(t, &one, &h, &crowd_session));
}

static void crowd_consents(struct task *t, void *arg)
{
    (void)arg;
    struct handle code;
    struct grant_row grant;
    CHECK_OK(grant_add(t, &crowd_session, CLIENT, false, &code, &grant));
}

static void consents_of_one_person_in_one_turn_all_succeed(void **state)
{
    (void)state;
    run(crowd_begin);
    for (int i = 0; i < 30; i++) {
        start(crowd_consents, NULL);
    }
    finish();
}

static void login_ends_once(struct task *t, void *arg)
{
    (void)arg;
    struct handle login, code, pushed, other;
    struct login_row row;
    struct sha256 browser = sha256(STR("browser"));
    handle_make(NULL, 99, &login);
    CHECK_OK(store_login_create(t, web(t), &login, &browser, NULL, CLIENT,
                                STR("{\"scope\":\"openid\"}"), LOGIN_LOGIN, 60));
    CHECK_OK(store_login_find(t, web(t), &login, &row));
    CHECK(row.state == LOGIN_LOGIN && !row.has_session && row.bucket == 99);
    CHECK(str_eqz(row.request.parameters, "{\"scope\": \"openid\"}"));
    CHECK(memcmp(&row.browser, &browser, sizeof browser) == 0);
    CHECK_OK(
        store_login_attach(t, web(t), &row, logged_in.session.bucket, &logged_in.session.id, true));
    CHECK_OK(store_login_find(t, web(t), &login, &row));
    CHECK(row.has_session && row.session_bucket == logged_in.session.bucket &&
          row.authenticated_at != 0);
    CHECK_OK(store_login_move(t, web(t), &row, LOGIN_CONSENT, NULL));
    CHECK_ERR(store_login_move(t, web(t), &row, LOGIN_LOGIN, NULL), ERR_CONFLICT);
    struct grant_row grant = {.bucket = logged_in.session.bucket,
                              .subject = logged_in.person,
                              .actor = logged_in.person,
                              .session = logged_in.session.id,
                              .client_id = CLIENT,
                              .sid = STR("s"),
                              .scope = STR("openid"),
                              .proof = STR("p"),
                              .auth_time = clock_now_s(),
                              .expires_at = clock_now_s() + 60};
    uuid_random(&grant.id);
    handle_make(NULL, logged_in.session.bucket, &code);
    struct code_row c = {.hash = code.hash,
                         .client_id = CLIENT,
                         .redirect_uri = STR("https://x"),
                         .proof = STR("p"),
                         .expires_at = clock_now_s() + 60};
    struct audit audit = audit_of(t, AUDIT_GRANT);
    struct grant_new in = {.grant = &grant,
                           .code = &c,
                           .login_bucket = &row.bucket,
                           .login_id = &row.id,
                           .audit = &audit};
    CHECK_OK(store_grant_create(t, web(t), &in));
    uuid_random(&grant.id);
    handle_make(NULL, logged_in.session.bucket, &code);
    c.hash = code.hash;
    CHECK_ERR(store_grant_create(t, web(t), &in), ERR_CONFLICT);
    CHECK_ERR(store_code_find(t, web(t), &code, &c), ERR_NOT_FOUND);

    handle_make(NULL, 99, &pushed);
    CHECK_OK(store_request_push(t, web(t), &pushed, CLIENT, STR("{}"), 60));
    handle_make(NULL, 99, &login);
    CHECK_ERR(store_login_create(t, web(t), &login, &browser, &pushed, STR("another"), STR("{}"),
                                 LOGIN_LOGIN, 60),
              ERR_NOT_FOUND);
    CHECK_OK(store_login_create(t, web(t), &login, &browser, &pushed, CLIENT, STR("{}"),
                                LOGIN_LOGIN, 60));
    handle_make(NULL, 99, &other);
    /* spec: RFC 9126 §7.3 a request_uri is used once */
    CHECK_ERR(store_login_create(t, web(t), &other, &browser, &pushed, CLIENT, STR("{}"),
                                 LOGIN_LOGIN, 60),
              ERR_CONFLICT);
    CHECK_OK(store_login_find(t, web(t), &login, &row));
    CHECK_ERR(store_login_find(t, web(t), &other, &row), ERR_NOT_FOUND);
}

static void a_login_ends_once_and_a_pushed_request_is_used_once(void **state)
{
    (void)state;
    run(login_ends_once);
}

static void every_act_has_its_entry(void **state)
{
    (void)state;
    assert_string_equal(sql("SELECT count(*) FROM audit WHERE event = 'grant.issued'"),
                        sql("SELECT count(*) FROM \"grant\""));
    assert_string_equal(
        sql("SELECT count(*) > 0 FROM audit WHERE event = 'consent.given' AND detail "
            "LIKE '%%name%%'"),
        "t");
    assert_string_equal(sql("SELECT count(*) FROM audit WHERE event = 'token.code'"),
                        sql("SELECT count(*) FROM code WHERE used_at IS NOT NULL"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_code_used_twice),
        cmocka_unit_test(refuses_an_expired_code),
        cmocka_unit_test(refuses_a_code_of_an_ended_session),
        cmocka_unit_test(gives_back_what_was_written),
        cmocka_unit_test(consent_is_given_replaced_and_withdrawn),
        cmocka_unit_test(consents_of_one_person_in_one_turn_all_succeed),
        cmocka_unit_test(a_login_ends_once_and_a_pushed_request_is_used_once),
        cmocka_unit_test(every_act_has_its_entry),
    };
    return cmocka_run_group_tests(tests, open_with_session, world_close);
}
