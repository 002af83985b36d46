/* The event-driven driver: nothing is sent by the library, answers may come in any order, and what
 * one operation fetches serves the others. */
#include "scripted.h"

/* No transport may be used: a call that would wait is a mistake here. */
static int never(void *arg, const struct eid_request *request, struct eid_response *response,
                 char why[128])
{
    (void)arg;
    (void)request;
    (void)response;
    (void)why;
    assert_string_equal("an operation", "used the transport");
    return 1;
}

static struct eid_client *quiet_client(void)
{
    struct eid_client *c = client_new();
    eid_client_set_transport(c, never, NULL);
    return c;
}

/* One turn: answers the request at hand.  false: there is none. */
static bool turn(struct eid_operation *op)
{
    const struct eid_request *request = NULL;
    struct eid_response *response = NULL;
    char why[128] = "";
    if (eid_operation_next(op, &request, &response) != EID_NEXT_SEND) {
        return false;
    }
    if (scripted_transport(NULL, request, response, why) == 0) {
        eid_operation_answer(op);
    } else {
        eid_operation_fail(op, why);
    }
    return true;
}

static enum eid_code run(struct eid_operation *op, struct eid_error *err)
{
    while (turn(op)) {
        continue;
    }
    return eid_operation_result(op, err);
}

static enum eid_next next(struct eid_operation *op)
{
    const struct eid_request *request = NULL;
    struct eid_response *response = NULL;
    return eid_operation_next(op, &request, &response);
}

static const char *lasting_token(int key)
{
    int64_t now = clock_now_s();
    json_t *claims =
        json_own(sp.arena, json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:I}", "iss", ISSUER, "aud", "api",
                                     "sub", "p", "client_id", CLIENT, "jti", "j", "iat",
                                     (json_int_t)now, "exp", (json_int_t)(now + 100000)));
    return str_z(sp.arena, key_sign(&sp.keys[key], "at+jwt", claims));
}

static void failures_are_told_as_by_the_blocking_calls(void **state)
{
    (void)state;
    struct eid_client *c = quiet_client();
    struct eid_operation *op = NULL;
    struct eid_error err;
    assert_int_equal(eid_client_prepare_start(c, &op, &err), EID_OK);
    assert_int_equal(eid_operation_result(op, &err), EID_BAD_ARGUMENT); /* not done */
    sp.down = true;
    assert_int_equal(run(op, &err), EID_UNREACHABLE);
    assert_non_null(strstr(err.detail, "the script says so"));
    assert_int_equal(err.category, EID_CATEGORY_UNREACHABLE);
    assert_int_equal(next(op), EID_NEXT_DONE);
    eid_operation_answer(op); /* too late: nothing happens */
    assert_int_equal(next(op), EID_NEXT_DONE);
    eid_operation_free(op);
    sp.down = false;

    assert_int_equal(eid_login_finish_start(c, "code=c&state=s", "forged", &op, &err), EID_OK);
    assert_int_equal(run(op, &err), EID_TRANSACTION_FORGED);
    assert_null(eid_operation_identity(op));
    eid_operation_free(op);
    struct eid_login_ask ask = {.size = 1};
    assert_int_equal(eid_login_begin_start(c, &ask, &op, &err), EID_OK);
    assert_int_equal(run(op, &err), EID_BAD_ARGUMENT);
    eid_operation_free(op);
    eid_operation_free(NULL);
    eid_client_free(c);
}

static void every_call_can_be_made_without_waiting(void **state)
{
    (void)state;
    struct eid_client *c = quiet_client();
    struct eid_operation *op = NULL;
    struct eid_error err;
    sp.offers_par = sp.offers_dpop = true;
    sp.wants_nonce = "n-1";
    assert_int_equal(eid_client_set(c, EID_USERINFO, "1", &err), EID_OK);
    sp.userinfo = "{\"sub\":\"person-1\",\"email\":\"x@example.vn\"}";

    char scope[] = "openid email";
    struct eid_login_ask ask = {.size = sizeof(ask), .scope = scope, .required = "name email"};
    assert_int_equal(eid_login_begin_start(c, &ask, &op, &err), EID_OK);
    memset(scope, 'x', sizeof(scope) - 1); /* it was copied */
    assert_int_equal(run(op, &err), EID_OK);
    struct eid_login *login = eid_operation_login(op);
    assert_non_null(login);
    assert_null(eid_operation_login(op)); /* handed over once */
    assert_null(eid_operation_token(op));
    eid_operation_free(op);
    assert_true(str_eqz(url_param(asked_of(login), "scope"), "openid email"));
    sp.nonce = url_param(asked_of(login), "nonce");
    const char *state_ = str_z(sp.arena, url_param(asked_of(login), "state"));

    assert_int_equal(
        eid_login_finish_start(c, callback_url(state_), eid_login_transaction(login), &op, &err),
        EID_OK);
    assert_int_equal(run(op, &err), EID_OK);
    struct eid_identity *i = eid_operation_identity(op);
    eid_operation_free(op);
    assert_string_equal(eid_identity_email(i), "x@example.vn");
    assert_int_equal(sp.tokens_asked, 1);
    assert_int_equal(sp.pushed, 1);
    eid_login_free(login);

    assert_int_equal(eid_identity_refresh_start(c, i, &op, &err), EID_OK);
    assert_int_equal(run(op, &err), EID_OK);
    struct eid_identity *renewed = eid_operation_identity(op);
    assert_string_equal(eid_identity_subject(renewed), "person-1");
    eid_identity_free(renewed);
    eid_operation_free(op);
    assert_int_equal(eid_identity_userinfo_start(c, i, &op, &err), EID_OK);
    assert_int_equal(run(op, &err), EID_OK);
    eid_operation_free(op);
    assert_int_equal(eid_logout_url_start(c, eid_identity_id_token(i), "s", &op, &err), EID_OK);
    assert_int_equal(run(op, &err), EID_OK);
    char *url = eid_operation_text(op);
    assert_non_null(strstr(url, "/logout?id_token_hint="));
    eid_text_free(url);
    eid_operation_free(op);
    eid_identity_free(i);

    assert_int_equal(eid_token_verify_start(c, lasting_token(0), "api", &op, &err), EID_OK);
    assert_int_equal(run(op, &err), EID_OK); /* taken by nobody: freed with the operation */
    eid_operation_free(op);
    sp.introspection = "{\"active\":true}";
    assert_int_equal(eid_token_introspect_start(c, "x", &op, &err), EID_OK);
    assert_int_equal(run(op, &err), EID_OK);
    eid_operation_free(op);
    assert_int_equal(eid_token_revoke_start(c, "x", &op, &err), EID_OK);
    assert_int_equal(run(op, &err), EID_OK);
    eid_operation_free(op);
    assert_int_equal(eid_logout_token_verify_start(c, lasting_token(0), &op, &err), EID_OK);
    assert_int_equal(run(op, &err), EID_TOKEN_FORGED);
    eid_operation_free(op);
    struct eid_dpop_request r = {.size = sizeof(r)};
    assert_int_equal(eid_token_verify_dpop_start(c, "x", "api", &r, NULL, NULL, &op, &err), EID_OK);
    assert_int_equal(run(op, &err), EID_BAD_ARGUMENT);
    eid_operation_free(op);
    eid_client_free(c);
}

#define MANY 20

static void one_fetch_serves_all_that_wait_for_it(void **state)
{
    (void)state;
    struct eid_client *c = quiet_client();
    struct eid_operation *op[MANY];
    struct eid_error err;
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(eid_token_verify_start(c, lasting_token(0), "api", &op[i], &err), EID_OK);
        assert_int_equal(next(op[i]), i == 0 ? EID_NEXT_SEND : EID_NEXT_WAIT);
    }
    assert_int_equal(run(op[0], &err), EID_OK);
    for (int i = 1; i < MANY; i++) {
        assert_int_equal(run(op[i], &err), EID_OK);
    }
    assert_int_equal(sp.metadata_asked, 1);
    assert_int_equal(sp.keys_asked, 1);
    for (int i = 0; i < MANY; i++) {
        eid_operation_free(op[i]);
    }
    eid_client_free(c);
}

static void who_gives_up_a_fetch_leaves_it_to_the_next(void **state)
{
    (void)state;
    struct eid_client *c = quiet_client();
    struct eid_operation *one = NULL;
    struct eid_operation *two = NULL;
    struct eid_error err;
    assert_int_equal(eid_client_prepare_start(c, &one, &err), EID_OK);
    assert_int_equal(eid_client_prepare_start(c, &two, &err), EID_OK);
    assert_int_equal(next(one), EID_NEXT_SEND);
    assert_int_equal(next(two), EID_NEXT_WAIT);
    assert_int_equal(next(two), EID_NEXT_WAIT);
    eid_operation_free(one);
    assert_int_equal(run(two, &err), EID_OK);
    eid_operation_free(two);

    /* a blocking call does not wait for an operation that only its own thread could carry on */
    eid_client_set_transport(c, scripted_transport, NULL);
    sp.keys_cache_control = "max-age=60";
    sp.n_published = 2;
    assert_int_equal(eid_client_set(c, EID_COOLDOWN_S, "0", &err), EID_OK);
    struct eid_token *t = NULL;
    assert_int_equal(eid_token_verify_start(c, lasting_token(1), "api", &one, &err), EID_OK);
    assert_int_equal(next(one), EID_NEXT_SEND);
    assert_int_equal(eid_token_verify(c, lasting_token(1), "api", &t, &err), EID_OK);
    eid_token_free(t);
    assert_int_equal(run(one, &err), EID_OK);
    eid_operation_free(one);
    eid_client_free(c);
}

/* An unknown key must not let a stranger make us fetch once per token. */
static void strangers_tokens_share_one_fetch(void **state)
{
    (void)state;
    struct eid_client *c = quiet_client();
    struct eid_operation *op[MANY];
    struct eid_error err;
    assert_int_equal(eid_client_prepare_start(c, &op[0], &err), EID_OK);
    assert_int_equal(run(op[0], &err), EID_OK);
    eid_operation_free(op[0]);
    assert_int_equal(eid_client_set(c, EID_COOLDOWN_S, "0", &err), EID_OK);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(eid_token_verify_start(c, lasting_token(1), "api", &op[i], &err), EID_OK);
        (void)next(op[i]);
    }
    assert_int_equal(eid_client_set(c, EID_COOLDOWN_S, "30", &err), EID_OK);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(run(op[i], &err), EID_KEY_UNKNOWN);
        eid_operation_free(op[i]);
    }
    assert_int_equal(sp.keys_asked, 2);
    eid_client_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(failures_are_told_as_by_the_blocking_calls, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(strangers_tokens_share_one_fetch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_gives_up_a_fetch_leaves_it_to_the_next, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(one_fetch_serves_all_that_wait_for_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_call_can_be_made_without_waiting, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
