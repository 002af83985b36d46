/* What the details for the log say: each mistake names its cure, and holds no secret. */
#include "scripted.h"
#include "libeid/date.h"

static void dates_of_answers_are_read_strictly(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "Sun, 06 Nov 1994 08:49:37 CET",
                                      "Sun, 06 nov 1994 08:49:37 GMT",
                                      "Sun, 00 Nov 1994 08:49:37 GMT",
                                      "Sun, 06 Nov 1969 08:49:37 GMT",
                                      "Sun, 06 Nov 1994 24:49:37 GMT",
                                      "Sun, +6 Nov 1994 08:49:37 GMT",
                                      "Sunday, 06-Nov-94 08:49:37 GMT",
                                      "Sun Nov  6 08:49:37 1994"};
    int64_t at = 0;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(date_read(str_from(bad[i]), &at));
    }
    assert_true(date_read(STR("Sun, 06 Nov 1994 08:49:37 GMT"), &at));
    assert_int_equal(at, 784111777); /* RFC 9110 section 5.6.7 */
    for (int64_t t = 0; t < INT64_C(8000000000); t += 86400 * 13 + 3671) {
        assert_true(date_read(str_from(http_date(t)), &at));
        assert_int_equal(at, t);
    }
}

static const char *detail_of_a_login(struct eid_client *c, enum eid_code expected)
{
    static struct eid_error err;
    json_object_del(sp.id_claims, "nonce");
    assert_int_equal(login_with(c, NULL, &err), expected);
    assert_null(strstr(err.detail, "s3cret"));
    return err.detail;
}

static void a_wrong_clock_is_named(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    /* ours is 4 minutes fast: the provider's new token has expired here */
    sp.ahead_s = -240;
    set_claim("iat", json_integer(clock_now_s() - 240));
    set_claim("exp", json_integer(clock_now_s() - 60));
    assert_non_null(
        strstr(detail_of_a_login(c, EID_TOKEN_EXPIRED), "your clock is 4 minutes fast"));
    sp.ahead_s = 100;
    set_claim("iat", json_integer(clock_now_s() + 100));
    set_claim("exp", json_integer(clock_now_s() + 400));
    const char *detail = detail_of_a_login(c, EID_TOKEN_REFUSED);
    assert_non_null(strstr(detail, "your clock is 100 seconds slow"));
    /* within the tolerance nothing is claimed */
    sp.ahead_s = 10;
    set_claim("iat", json_integer(clock_now_s() - 600));
    set_claim("exp", json_integer(clock_now_s() - 300));
    assert_null(strstr(detail_of_a_login(c, EID_TOKEN_EXPIRED), "your clock"));
    eid_client_free(c);
}

static void what_differs_is_named_on_both_sides(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    set_claim("iss", json_string("https://id2.example.vn"));
    const char *detail = detail_of_a_login(c, EID_TOKEN_REFUSED);
    assert_non_null(strstr(detail, "\"https://id2.example.vn\", you configured \"" ISSUER "\""));
    set_claim("iss", json_string(ISSUER));
    set_claim("aud", json_string("x\nforged line"));
    detail = detail_of_a_login(c, EID_TOKEN_REFUSED);
    assert_non_null(strstr(detail, "it is for \"x?forged line\""));
    set_claim("aud", json_string("portal-2"));
    detail = detail_of_a_login(c, EID_TOKEN_REFUSED);
    assert_non_null(strstr(detail, "it is for \"portal-2\", you are \"" CLIENT "\""));
    eid_client_free(c);
}

static const char *detail_of_answer(int status, const char *answer, enum eid_code expected)
{
    struct eid_client *c = client_new();
    sp.token_status = status;
    sp.token_answer = answer;
    const char *detail = detail_of_a_login(c, expected);
    eid_client_free(c);
    return detail;
}

static void the_provider_is_quoted_in_its_own_characters_only(void **state)
{
    (void)state;
    const char *detail = detail_of_answer(
        401, "{\"error\":\"invalid_client\",\"error_description\":\"The secret was replaced\"}",
        EID_CLIENT_REFUSED);
    assert_non_null(strstr(detail, "\"portal-1\" is unknown at issuer " ISSUER));
    assert_non_null(strstr(detail, "another client secret"));
    assert_non_null(strstr(detail, "the provider says: The secret was replaced"));
    detail = detail_of_answer(
        400, "{\"error\":\"invalid_grant\",\"error_description\":\"line\\nforged log line\"}",
        EID_LOGIN_EXPIRED);
    assert_null(strstr(detail, "forged"));
    detail = detail_of_answer(401, "", EID_CLIENT_REFUSED);
    assert_non_null(strstr(detail, "\"portal-1\" is unknown at issuer " ISSUER));
}

/* Everything wrong between configuration and provider shows when the service starts. */
static void mistakes_show_at_start(void **state)
{
    (void)state;
    struct eid_error err;
    static const struct {
        enum eid_option option;
        const char *value;
    } insists[] = {{EID_PAR, "on"}, {EID_DPOP, "on"}, {EID_TOKEN_AUTH, "private_key_jwt"}};
    for (size_t i = 0; i < 3; i++) {
        struct eid_client *c = client_new();
        assert_int_equal(eid_client_prepare(c, &err), EID_OK);
        assert_int_equal(eid_client_set(c, insists[i].option, insists[i].value, &err), EID_OK);
        enum eid_code code = eid_client_prepare(c, &err);
        assert_true(code == EID_NOT_OFFERED || code == EID_BAD_CONFIGURATION);
        assert_int_equal(err.category, EID_CATEGORY_MISCONFIGURED);
        eid_client_free(c);
    }
}

static void a_transaction_fits_a_cookie(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    struct eid_login *login = NULL;
    char memo[4000];
    memset(memo, 'x', sizeof(memo));
    memo[2000] = '\0';
    struct eid_login_ask ask = {.size = sizeof(ask), .memo = memo, .required = "name email"};
    assert_int_equal(eid_login_begin(c, &ask, &login, &err), EID_OK);
    assert_in_range(strlen(eid_login_transaction(login)), 2000, 3500);
    eid_login_free(login);
    memo[2000] = 'x';
    memo[3999] = '\0';
    login = NULL;
    assert_int_equal(eid_login_begin(c, &ask, &login, &err), EID_BAD_ARGUMENT);
    assert_non_null(strstr(err.detail, "too long for a cookie"));
    assert_null(login);
    eid_client_free(c);
}

static void every_code_has_its_words(void **state)
{
    (void)state;
    unsigned known = 0;
    for (int code = 0; code < 100; code++) {
        const char *name = eid_error_name((enum eid_code)code);
        if (strcmp(name, "EID_INTERNAL") == 0 && code != EID_INTERNAL) {
            continue;
        }
        known++;
        const char *vi = eid_error_text((enum eid_code)code, "vi-VN");
        const char *en = eid_error_text((enum eid_code)code, "en");
        assert_string_not_equal(vi, en);
        assert_string_equal(eid_error_text((enum eid_code)code, "vie"), en);
        assert_true(strlen(vi) > 5 && strlen(en) > 3);
        assert_null(strstr(en, "EID_"));
    }
    assert_int_equal(known, 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(dates_of_answers_are_read_strictly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_clock_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_differs_is_named_on_both_sides, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_provider_is_quoted_in_its_own_characters_only, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(mistakes_show_at_start, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_transaction_fits_a_cookie, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_code_has_its_words, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
