/* Providers that answer wrongly or offer less: each refusal names what is missing.  (What the other
 * tests of libeid do not reach: docs/coverage.md.) */
#include "scripted.h"

/* One path of the provider answers otherwise. */
static struct {
    const char *path;
    int status;
    const char *body;
} otherwise;

static int transport(void *arg, const struct eid_request *request, struct eid_response *response,
                     char why[128])
{
    if (otherwise.path != NULL && strcmp(request->url + strlen(ISSUER), otherwise.path) == 0) {
        eid_response_set_status(response, otherwise.status);
        eid_response_set_header(response, "Content-Type", "application/json");
        return eid_response_add_body(response, otherwise.body, strlen(otherwise.body));
    }
    return scripted_transport(arg, request, response, why);
}

static struct eid_client *client_of(const char *path, int status, const char *body)
{
    struct eid_client *c = client_new();
    eid_client_set_transport(c, transport, NULL);
    otherwise.path = path;
    otherwise.status = status;
    otherwise.body = body;
    return c;
}

#define METADATA "/.well-known/openid-configuration"
#define AUTHORIZE "\"authorization_endpoint\":\"" ISSUER "/authorize\""
#define TOKEN "\"token_endpoint\":\"" ISSUER "/token\""
#define JWKS "\"jwks_uri\":\"" ISSUER "/jwks\""
#define IS "{\"issuer\":\"" ISSUER "\","

static void metadata_without_what_is_needed_is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *named;
    } bad[] = {{IS TOKEN "," JWKS "}", "authorization_endpoint"},
               {IS AUTHORIZE "," JWKS "}", "token_endpoint"},
               {IS AUTHORIZE "," TOKEN "}", "jwks_uri"},
               {IS AUTHORIZE "," TOKEN "," JWKS
                             ",\"userinfo_endpoint\":\"http://id.example.vn/userinfo\"}",
                "userinfo_endpoint"}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct eid_error err;
        struct eid_client *c = client_of(METADATA, 200, bad[i].text);
        assert_int_equal(eid_client_prepare(c, &err), EID_BAD_METADATA);
        assert_non_null(strstr(err.detail, bad[i].named));
        eid_client_free(c);
    }
    struct eid_error err;
    struct eid_client *c = client_of(METADATA, 404, "{}");
    assert_int_equal(eid_client_prepare(c, &err), EID_BAD_ANSWER);
    assert_non_null(strstr(err.detail, "is \"" ISSUER "\" the provider's issuer?"));
    eid_client_free(c);
}

static void what_is_not_offered_is_not_asked_for(void **state)
{
    (void)state;
    struct eid_error err;
    struct eid_token *token = NULL;
    struct eid_client *c = client_of(METADATA, 200, IS AUTHORIZE "," TOKEN "," JWKS "}");
    assert_int_equal(eid_token_introspect(c, "t", &token, &err), EID_NOT_OFFERED);
    assert_int_equal(eid_token_revoke(c, "t", &err), EID_NOT_OFFERED);
    assert_int_equal(eid_token_introspect(c, NULL, &token, &err), EID_BAD_ARGUMENT);
    assert_int_equal(eid_token_revoke(c, NULL, &err), EID_BAD_ARGUMENT);
    assert_int_equal(eid_client_pin_root(c, NULL, &err), EID_BAD_ARGUMENT);
    eid_client_free(c);
}

static void a_revocation_that_is_refused_is_told(void **state)
{
    (void)state;
    struct eid_error err;
    static const struct {
        int status;
        const char *body;
        enum eid_code code;
    } answers[] = {{200, "", EID_OK},
                   {400, "{\"error\":\"unsupported_token_type\"}", EID_REQUEST_REFUSED},
                   {401, "{\"error\":\"invalid_client\"}", EID_CLIENT_REFUSED},
                   {400, "no", EID_BAD_ANSWER},
                   {302, "{}", EID_BAD_ANSWER}};
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct eid_client *c = client_of("/revoke", answers[i].status, answers[i].body);
        assert_int_equal(eid_token_revoke(c, "t", &err), answers[i].code);
        eid_client_free(c);
    }
}

/* spec: RFC 9126 §2.2 the answer has a request_uri */
static void a_pushed_request_without_its_reference_is_no_answer(void **state)
{
    (void)state;
    struct eid_error err;
    struct eid_login *login = NULL;
    sp.offers_par = true;
    struct eid_client *c = client_of("/par", 201, "{\"expires_in\":60}");
    assert_int_equal(eid_login_begin(c, NULL, &login, &err), EID_BAD_ANSWER);
    assert_non_null(strstr(err.detail, "request_uri"));
    eid_client_free(c);
}

static void a_callback_says_a_code_or_an_error(void **state)
{
    (void)state;
    struct eid_error err;
    struct eid_identity *who = NULL;
    const char *s;
    struct eid_client *c = client_of(NULL, 0, NULL);
    const char *transaction = begin(c, NULL, &s);
    const char *back = str_fmt(sp.arena, "state=%s&iss=" ISSUER, s).p;
    assert_int_equal(eid_login_finish(c, back, transaction, &who, &err), EID_BAD_ANSWER);
    assert_non_null(strstr(err.detail, "neither code nor error"));
    eid_client_free(c);
}

static void a_handle_without_a_redirect_uri_only_verifies(void **state)
{
    (void)state;
    struct eid_error err;
    struct eid_client *c = NULL;
    struct eid_login *login = NULL;
    assert_int_equal(eid_client_new(ISSUER, CLIENT, SECRET, NULL, &c, &err), EID_OK);
    assert_int_equal(eid_login_begin(c, NULL, &login, &err), EID_BAD_CONFIGURATION);
    eid_client_free(c);
}

static const char *root_of(const struct scripted_key *k)
{
    json_t *jwk = NULL;
    assert_int_equal(jwk_write(k->key, ALG_ES256, str_from(k->kid), &jwk), OK);
    return str_z(sp.arena, json_text(sp.arena, json_own(sp.arena, jwk)));
}

/* A set from the future is a wrong clock, or one kept for later by an attacker. */
static void a_signed_set_is_neither_from_the_future_nor_missing(void **state)
{
    (void)state;
    struct eid_error err;
    struct eid_client *c = client_of(NULL, 0, NULL);
    assert_int_equal(eid_client_pin_root(c, root_of(&sp.root), &err), EID_OK);
    sp.signed_set_iat = clock_now_s() + 100;
    assert_int_equal(eid_client_prepare(c, &err), EID_KEYS_FORGED);
    assert_non_null(strstr(err.detail, "check the clock"));
    eid_client_free(c);
    c = client_of(METADATA, 200, IS AUTHORIZE "," TOKEN "," JWKS "}");
    assert_int_equal(eid_client_pin_root(c, root_of(&sp.root), &err), EID_OK);
    assert_int_equal(eid_client_prepare(c, &err), EID_NOT_OFFERED);
    assert_non_null(strstr(err.detail, "signed_jwks_uri"));
    eid_client_free(c);
    c = client_of("/jwks", 404, "{}");
    assert_int_equal(eid_client_prepare(c, &err), EID_BAD_ANSWER);
    eid_client_free(c);
}

/* spec: OpenID Connect Back-Channel Logout 1.0 §2.6 MUST contain sub or sid */
static void a_logout_token_names_somebody(void **state)
{
    (void)state;
    struct eid_error err;
    struct eid_logout *l = NULL;
    struct eid_client *c = client_of(NULL, 0, NULL);
    json_t *claims =
        json_own(sp.arena, json_pack("{s:s,s:s,s:s,s:I,s:I,s:{s:{}}}", "iss", ISSUER, "aud", CLIENT,
                                     "jti", "j", "iat", (json_int_t)clock_now_s(), "exp",
                                     (json_int_t)(clock_now_s() + 120), "events",
                                     "http://schemas.openid.net/event/backchannel-logout"));
    const char *token = str_z(sp.arena, key_sign(&sp.keys[0], "logout+jwt", claims));
    assert_int_equal(eid_logout_token_verify(c, token, &l, &err), EID_TOKEN_REFUSED);
    assert_non_null(strstr(err.detail, "neither sub nor sid"));
    assert_int_equal(eid_logout_token_verify(c, NULL, &l, &err), EID_BAD_ARGUMENT);
    eid_client_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(metadata_without_what_is_needed_is_refused_by_name, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_offered_is_not_asked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_revocation_that_is_refused_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pushed_request_without_its_reference_is_no_answer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_callback_says_a_code_or_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_handle_without_a_redirect_uri_only_verifies, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_signed_set_is_neither_from_the_future_nor_missing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_logout_token_names_somebody, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
