/* libeid login: every answer that must be refused, then the five calls. */
#include "scripted.h"

/* spec: RFC 6749 §10.12, RFC 9700 §2.1:csrf */
static void refuses_answers_to_another_login(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    struct eid_identity *identity = NULL;
    const char *s;
    const char *t = begin(c, NULL, &s);
    static const struct {
        const char *query;
        enum eid_code code;
    } bad[] = {
        {"code=c&state=other&iss=https%3A%2F%2Fid.example.vn", EID_STATE_MISMATCH},
        {"code=c&iss=https%3A%2F%2Fid.example.vn", EID_STATE_MISMATCH},
        {"error=access_denied&state=other", EID_STATE_MISMATCH},
        {"code=c&code=d&state=x", EID_BAD_ANSWER},
        {"code=%00&state=x", EID_BAD_ANSWER},
        {"", EID_STATE_MISMATCH},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(eid_login_finish(c, bad[i].query, t, &identity, &err), bad[i].code);
    }
    assert_int_equal(err.category, EID_CATEGORY_ATTACK);
    /* spec: RFC 9207 §2.4 MUST compare iss, and reject answers without it from providers that send
     * it */
    const char *no_iss = str_fmt(sp.arena, "code=c&state=%s", s).p;
    const char *other_iss = str_fmt(sp.arena, "code=c&state=%s&iss=https%%3A%%2F%%2Fevil", s).p;
    assert_int_equal(eid_login_finish(c, no_iss, t, &identity, &err), EID_ISSUER_MISMATCH);
    assert_int_equal(eid_login_finish(c, other_iss, t, &identity, &err), EID_ISSUER_MISMATCH);
    assert_int_equal(eid_login_finish(c, NULL, t, &identity, &err), EID_BAD_ARGUMENT);
    assert_null(identity);
    assert_int_equal(sp.tokens_asked, 0);
    eid_client_free(c);
}

static void refuses_transactions_that_are_changed_foreign_or_old(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_client *other = client_new();
    struct eid_error err;
    struct eid_identity *identity = NULL;
    const char *s;
    const char *t = begin(c, NULL, &s);
    for (size_t i = 0; i < strlen(t); i += 7) {
        char *changed = str_z(sp.arena, str_from(t));
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        assert_int_equal(eid_login_finish(c, callback_url(s), changed, &identity, &err),
                         EID_TRANSACTION_FORGED);
    }
    assert_int_equal(eid_login_finish(other, callback_url(s), t, &identity, &err),
                     EID_TRANSACTION_FORGED);
    assert_int_equal(eid_login_finish(c, callback_url(s), "", &identity, &err), EID_LOGIN_EXPIRED);
    clock_shift_s(901);
    assert_int_equal(eid_login_finish(c, callback_url(s), t, &identity, &err), EID_LOGIN_EXPIRED);
    assert_int_equal(sp.tokens_asked, 0);
    eid_client_free(other);
    eid_client_free(c);
}

static void machines_of_a_farm_share_logins_by_their_key(void **state)
{
    (void)state;
    static const unsigned char key[32] = {1, 2, 3};
    struct eid_client *one = client_new();
    struct eid_client *two = client_new();
    struct eid_error err;
    struct eid_identity *identity = NULL;
    const char *s;
    assert_int_equal(eid_client_set_transaction_key(one, key, &err), EID_OK);
    assert_int_equal(eid_client_set_transaction_key(two, key, &err), EID_OK);
    const char *t = begin(one, NULL, &s);
    assert_int_equal(eid_login_finish(two, callback_url(s), t, &identity, &err), EID_OK);
    eid_identity_free(identity);
    eid_client_free(one);
    eid_client_free(two);
}

/* spec: OpenID Connect Core 1.0 §3.1.3.7 every check of an ID token
 * spec: OpenID Core §3.1.3.8 */
static void refuses_id_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *json; /* NULL: removed */
        enum eid_code code;
    } bad[] = {
        {"iss", "\"https://evil.example\"", EID_TOKEN_REFUSED},
        {"iss", NULL, EID_TOKEN_REFUSED},
        {"aud", "\"another\"", EID_TOKEN_REFUSED},
        {"aud", "[\"portal-1\",\"another\"]", EID_TOKEN_REFUSED},
        {"azp", "\"another\"", EID_TOKEN_REFUSED},
        {"exp", "1700000000", EID_TOKEN_EXPIRED},
        {"exp", NULL, EID_TOKEN_REFUSED},
        {"iat", NULL, EID_TOKEN_REFUSED},
        {"iat", "99999999999", EID_TOKEN_REFUSED},
        {"nonce", "\"another\"", EID_NONCE_MISMATCH},
        {"nonce", "7", EID_NONCE_MISMATCH},
        {"sub", NULL, EID_TOKEN_REFUSED},
        {"sub", "7", EID_TOKEN_REFUSED},
        {"sub", "\"\"", EID_TOKEN_REFUSED},
        {"at_hash", "\"AAAAAAAAAAAAAAAAAAAAAA\"", EID_TOKEN_FORGED},
    };
    json_t *good = json_deep_copy(sp.id_claims);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct eid_client *c = client_new();
        struct eid_error err;
        json_decref(sp.id_claims);
        sp.id_claims = json_deep_copy(good);
        if (bad[i].json == NULL) {
            json_object_del(sp.id_claims, bad[i].name);
        } else {
            set_claim(bad[i].name, json_loads(bad[i].json, JSON_DECODE_ANY, NULL));
        }
        assert_int_equal(login_with(c, NULL, &err), bad[i].code);
        assert_true(err.detail[0] != '\0');
        eid_client_free(c);
    }
    json_decref(good);
}

static void refuses_id_tokens_of_another_key_type_or_algorithm(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    sp.id_typ = "at+jwt";
    assert_int_equal(login_with(c, NULL, &err), EID_TOKEN_FORGED);
    sp.id_typ = "logout+jwt";
    assert_int_equal(login_with(c, NULL, &err), EID_TOKEN_FORGED);
    sp.id_typ = "JWT";
    sp.signer = 1;
    assert_int_equal(login_with(c, NULL, &err), EID_KEY_UNKNOWN);
    snprintf(sp.keys[1].kid, sizeof(sp.keys[1].kid), "k0");
    assert_int_equal(login_with(c, NULL, &err), EID_TOKEN_FORGED);
    sp.signer = 0;
    assert_int_equal(eid_client_set(c, EID_ID_TOKEN_ALG, "PS256", &err), EID_OK);
    assert_int_equal(login_with(c, NULL, &err), EID_TOKEN_FORGED);
    assert_int_equal(err.category, EID_CATEGORY_ATTACK);
    eid_client_free(c);
}

static void errors_of_the_provider_have_a_meaning(void **state)
{
    (void)state;
    static const struct {
        const char *error;
        enum eid_code code;
    } known[] = {{"access_denied", EID_CANCELLED},
                 {"login_required", EID_LOGIN_NEEDED},
                 {"unmet_authentication_requirements", EID_ASSURANCE_NOT_MET},
                 {"invalid_scope", EID_REQUEST_REFUSED},
                 {"temporarily_unavailable", EID_BUSY},
                 {"something_new", EID_REQUEST_REFUSED}};
    struct eid_client *c = client_new();
    struct eid_error err;
    struct eid_identity *identity = NULL;
    const char *s;
    const char *t = begin(c, NULL, &s);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        const char *q =
            str_fmt(sp.arena, "error=%s&state=%s&iss=https://id.example.vn", known[i].error, s).p;
        assert_int_equal(eid_login_finish(c, q, t, &identity, &err), known[i].code);
        assert_string_equal(err.oauth, known[i].error);
    }
    eid_client_free(c);
}

/* spec: RFC 6749 §7.1 MUST NOT use an unknown token_type */
static void errors_of_the_token_endpoint_have_a_meaning(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *answer;
        enum eid_code code;
    } cases[] = {
        {400, "{\"error\":\"invalid_grant\"}", EID_LOGIN_EXPIRED},
        {401, "{\"error\":\"invalid_client\"}", EID_CLIENT_REFUSED},
        {401, "", EID_CLIENT_REFUSED},
        {400, "{}", EID_BAD_ANSWER},
        {404, "<html>", EID_BAD_ANSWER},
        {302, "", EID_BAD_ANSWER},
        {503, "", EID_BUSY},
        {500, "", EID_UNREACHABLE},
        {200, "{}", EID_BAD_ANSWER},
        {200, "[]", EID_BAD_ANSWER},
        {200, "{\"access_token\":\"a\",\"token_type\":\"DPoP\",\"id_token\":\"x\"}",
         EID_BAD_ANSWER}, /* nobody asked for one */
        {200, "{\"access_token\":\"a\",\"token_type\":\"bearer\"}", EID_BAD_ANSWER},
        {200, "{\"access_token\":\"a\",\"token_type\":\"bearer\",\"id_token\":\"x\"}",
         EID_TOKEN_FORGED},
        {200, "{\"access_token\":\"a\",\"access_token\":\"b\",\"token_type\":\"bearer\"}",
         EID_BAD_ANSWER},
    };
    struct eid_client *c = client_new();
    struct eid_error err;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sp.token_status = cases[i].status;
        sp.token_answer = cases[i].answer;
        assert_int_equal(login_with(c, NULL, &err), cases[i].code);
        assert_string_not_equal(eid_error_text(err.code, "vi"), eid_error_text(err.code, "en"));
    }
    eid_client_free(c);
}

/* What was asked for is met or refused: never lowered silently. */
static void assurance_is_never_lowered_silently(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    struct eid_login *login = NULL;
    struct eid_login_ask ask = {
        .size = sizeof(ask), .min_account_level = 2, .min_authentication_level = 3};
    assert_int_equal(eid_login_begin(c, &ask, &login, &err), EID_OK);
    assert_true(str_eqz(url_param(eid_login_url(login), "claims"),
                        "{\"id_token\":{\"acr\":{\"essential\":true,\"values\":"
                        "[\"urn:authd:acr:2:3\",\"urn:authd:acr:2:4\"]}}}"));
    eid_login_free(login);
    assert_int_equal(login_with(c, &ask, &err), EID_ASSURANCE_NOT_MET);
    set_claim("urn:authd:authentication_level", json_integer(7));
    set_claim("acr", json_string("urn:authd:acr:2:9"));
    set_claim("nonce", NULL);
    json_object_del(sp.id_claims, "nonce");
    assert_int_equal(login_with(c, &ask, &err), EID_ASSURANCE_NOT_MET);
    json_object_del(sp.id_claims, "nonce");
    set_claim("urn:authd:authentication_level", json_integer(3));
    assert_int_equal(login_with(c, &ask, &err), EID_OK);
    json_object_del(sp.id_claims, "nonce");
    ask = (struct eid_login_ask){.size = sizeof(ask), .max_age_s = 60};
    set_claim("auth_time", json_integer(clock_now_s() - 200));
    assert_int_equal(login_with(c, &ask, &err), EID_LOGIN_EXPIRED);
    json_object_del(sp.id_claims, "nonce");
    ask = (struct eid_login_ask){.size = sizeof(ask), .required = "name urn:authd:personal_number"};
    assert_int_equal(login_with(c, &ask, &err), EID_CLAIM_REFUSED);
    assert_non_null(strstr(err.detail, "urn:authd:personal_number"));
    ask = (struct eid_login_ask){.size = sizeof(ask), .min_account_level = 3};
    assert_int_equal(eid_login_begin(c, &ask, &login, &err), EID_BAD_ARGUMENT);
    ask = (struct eid_login_ask){.size = 1};
    assert_int_equal(eid_login_begin(c, &ask, &login, &err), EID_BAD_ARGUMENT);
    eid_client_free(c);
}

/* spec: RFC 7636 §4.2, §4.5, §7.1 */
static void five_calls_give_an_identity(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    struct eid_login *login = NULL;
    struct eid_identity *i = NULL;
    struct eid_login_ask ask = {.size = sizeof(ask),
                                .scope = "openid profile",
                                .ui_locales = "vi",
                                .memo = "/ho-khau?bước=2"};
    assert_int_equal(eid_login_begin(c, &ask, &login, &err), EID_OK);
    const char *url = eid_login_url(login);
    assert_true(strncmp(url, ISSUER "/authorize?", strlen(ISSUER "/authorize?")) == 0);
    assert_true(str_eqz(url_param(url, "response_type"), "code"));
    assert_true(str_eqz(url_param(url, "client_id"), CLIENT));
    assert_true(str_eqz(url_param(url, "redirect_uri"), REDIRECT));
    assert_true(str_eqz(url_param(url, "scope"), "openid profile"));
    assert_true(str_eqz(url_param(url, "ui_locales"), "vi"));
    assert_true(str_eqz(url_param(url, "code_challenge_method"), "S256"));
    struct str challenge = url_param(url, "code_challenge");
    sp.nonce = url_param(url, "nonce");
    const char *s = str_z(sp.arena, url_param(url, "state"));
    assert_int_equal(eid_login_finish(c, callback_url(s), eid_login_transaction(login), &i, &err),
                     EID_OK);
    eid_login_free(login);

    /* spec: RFC 7636 §4.6 the verifier's hash is the challenge */
    struct params ps;
    assert_int_equal(params_parse(sp.arena, str_from(sp.last_body), &ps), OK);
    assert_true(str_eqz(param_get(&ps, "grant_type"), "authorization_code"));
    assert_null(param_get(&ps, "client_secret").p);
    assert_int_equal(param_get(&ps, "code_verifier").n, 43); /* 32 random bytes */
    struct sha256 h = sha256(param_get(&ps, "code_verifier"));
    assert_true(str_eq(b64_str(sp.arena, sha256_str(&h)), challenge));
    /* spec: RFC 6749 §2.3.1 id and secret are form-encoded before they become user and password */
    struct str pair;
    assert_int_equal(b64_decode_std(sp.arena, str_from(sp.last_authorization + 6), &pair), OK);
    assert_true(str_eqz(pair, "portal-1:s3cret%3A%26%2B"));

    assert_string_equal(eid_identity_subject(i), "person-1");
    assert_string_equal(eid_identity_name(i), "Nguyễn Văn Ánh");
    assert_int_equal(eid_identity_account_level(i), 2);
    assert_int_equal(eid_identity_authentication_level(i), 1);
    assert_string_equal(eid_identity_sid(i), "sid-1");
    assert_string_equal(eid_identity_acr(i), "urn:authd:acr:2:1");
    assert_string_equal(eid_identity_memo(i), "/ho-khau?bước=2");
    assert_string_equal(eid_identity_access_token(i), "at-1");
    assert_string_equal(eid_identity_claim(i, "urn:authd:account_level"), "2");
    assert_null(eid_identity_personal_number(i));
    assert_null(eid_identity_claim(i, "absent"));
    assert_in_range(eid_identity_auth_time(i), clock_now_s() - 60, clock_now_s());

    char *out = NULL;
    assert_int_equal(eid_client_set(c, EID_POST_LOGOUT_URI, "https://portal.example.vn/", &err),
                     EID_OK);
    assert_int_equal(eid_logout_url(c, eid_identity_id_token(i), "s1", &out, &err), EID_OK);
    assert_true(str_eqz(url_param(out, "id_token_hint"), eid_identity_id_token(i)));
    assert_true(str_eqz(url_param(out, "post_logout_redirect_uri"), "https://portal.example.vn/"));
    assert_true(str_eqz(url_param(out, "state"), "s1"));
    eid_text_free(out);
    eid_identity_free(i);
    eid_client_free(c);
}

static void asks_for_openid_alone_unless_told_more(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    struct eid_login *login = NULL;
    assert_int_equal(eid_login_begin(c, NULL, &login, &err), EID_OK);
    const char *url = eid_login_url(login);
    assert_true(str_eqz(url_param(url, "scope"), "openid"));
    assert_false(str_is(url_param(url, "claims")));
    eid_login_free(login);
    eid_client_free(c);
}

static void levels_come_from_acr_when_they_have_no_claims(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    json_object_del(sp.id_claims, "urn:authd:account_level");
    json_object_del(sp.id_claims, "urn:authd:authentication_level");
    set_claim("acr", json_string("urn:authd:acr:2:4"));
    struct eid_login_ask ask = {
        .size = sizeof(ask), .min_account_level = 2, .min_authentication_level = 4};
    assert_int_equal(login_with(c, &ask, &err), EID_OK);
    eid_client_free(c);
}

static unsigned pushes(const char *mode, enum eid_code expected)
{
    struct eid_client *c = client_new();
    struct eid_login *login = NULL;
    struct eid_error err;
    sp.pushed = 0;
    assert_int_equal(eid_client_set(c, EID_PAR, mode, &err), EID_OK);
    assert_int_equal(eid_login_begin(c, NULL, &login, &err), expected);
    if (sp.pushed > 0) {
        assert_non_null(strstr(sp.pushed_body, "code_challenge="));
        assert_string_equal(eid_login_url(login),
                            ISSUER "/authorize?client_id=portal-1&request_uri="
                                   "urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Ax");
    }
    eid_login_free(login);
    eid_client_free(c);
    return sp.pushed;
}

/* spec: RFC 9126 §5 */
static void pushes_the_request_where_it_is_offered(void **state)
{
    (void)state;
    assert_int_equal(pushes("on", EID_NOT_OFFERED), 0);
    assert_int_equal(pushes("auto", EID_OK), 0);
    sp.offers_par = true;
    assert_int_equal(pushes(NULL, EID_OK), 1);
    assert_int_equal(pushes("1", EID_OK), 1);
    assert_int_equal(pushes("off", EID_OK), 0);
    sp.metadata_extra = ",\"require_pushed_authorization_requests\":true";
    assert_int_equal(pushes("off", EID_OK), 1);
}

/* spec: OpenID Core §5.3.2:match, §12.2:party */
static void userinfo_and_refresh_speak_of_the_same_person(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_identity *i = NULL;
    struct eid_identity *renewed = NULL;
    struct eid_error err;
    const char *s;
    const char *t = begin(c, NULL, &s);
    assert_int_equal(eid_login_finish(c, callback_url(s), t, &i, &err), EID_OK);
    sp.userinfo = "{\"sub\":\"person-2\",\"email\":\"x@example.vn\"}";
    assert_int_equal(eid_identity_userinfo(c, i, &err), EID_SUBJECT_MISMATCH);
    assert_null(eid_identity_email(i));
    sp.userinfo = "{\"sub\":\"person-1\",\"email\":\"x@example.vn\",\"name\":\"Other\"}";
    assert_int_equal(eid_identity_userinfo(c, i, &err), EID_OK);
    assert_string_equal(eid_identity_email(i), "x@example.vn");
    assert_string_equal(eid_identity_name(i), "Nguyễn Văn Ánh");
    assert_string_equal(sp.last_authorization, "Bearer at-1");

    set_claim("sub", json_string("person-2"));
    assert_int_equal(eid_identity_refresh(c, i, &renewed, &err), EID_SUBJECT_MISMATCH);
    set_claim("sub", json_string("person-1"));
    set_claim("name", json_string("Nguyễn Văn Ánh Dương"));
    assert_int_equal(eid_identity_refresh(c, i, &renewed, &err), EID_OK);
    assert_string_equal(eid_identity_name(renewed), "Nguyễn Văn Ánh Dương");
    assert_string_equal(eid_identity_email(renewed), "x@example.vn");
    eid_identity_free(renewed);
    sp.token_answer = "{\"access_token\":\"at-2\",\"token_type\":\"Bearer\"}";
    assert_int_equal(eid_identity_refresh(c, i, &renewed, &err), EID_OK);
    assert_string_equal(eid_identity_access_token(renewed), "at-2");
    assert_string_equal(eid_identity_refresh_token(renewed), "rt-1");
    assert_string_equal(eid_identity_id_token(renewed), eid_identity_id_token(i));
    assert_int_equal(eid_identity_account_level(renewed), 2);
    eid_identity_free(renewed);
    eid_identity_free(i);
    eid_client_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refuses_answers_to_another_login, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_transactions_that_are_changed_foreign_or_old,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(machines_of_a_farm_share_logins_by_their_key, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(refuses_id_tokens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_id_tokens_of_another_key_type_or_algorithm, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(errors_of_the_provider_have_a_meaning, set_up, tear_down),
        cmocka_unit_test_setup_teardown(errors_of_the_token_endpoint_have_a_meaning, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(assurance_is_never_lowered_silently, set_up, tear_down),
        cmocka_unit_test_setup_teardown(five_calls_give_an_identity, set_up, tear_down),
        cmocka_unit_test_setup_teardown(asks_for_openid_alone_unless_told_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(levels_come_from_acr_when_they_have_no_claims, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(pushes_the_request_where_it_is_offered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(userinfo_and_refresh_speak_of_the_same_person, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
