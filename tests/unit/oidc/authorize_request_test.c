/* oidc/authorize_request: each parameter bent in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "oidc/authorize_request.h"

#define CB "https://portal.example/cb"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define GOOD                                                                                       \
    "response_type=code&client_id=portal&redirect_uri=https%3A%2F%2Fportal.example%2Fcb&scope="    \
    "openid+email+profile&state=s1&nonce=n1&code_challenge_method=S256&code_challenge=" CHALLENGE

static struct arena *a;

static int set_up(void **state)
{
    (void)state;
    a = arena_new(0);
    return a == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static struct str redirects[] = {{CB, sizeof(CB) - 1}};
static struct str grants[] = {{"authorization_code", 18}, {"refresh_token", 13}};
static struct str scopes[] = {{"openid", 6}, {"profile", 7}, {"offline_access", 14}};

static struct client portal(void)
{
    return (struct client){.id = STR("portal"),
                           .redirect_uris = {redirects, 1},
                           .grant_types = {grants, 2},
                           .scope = {scopes, 3},
                           .require_pkce = true};
}

static enum refusal judge(const struct client *c, const char *query, struct authorize_request *out)
{
    struct params ps;
    struct str target;
    assert_int_equal(params_parse(a, str_from(query), &ps), OK);
    enum refusal why = authorize_target(c, &ps, &target);
    if (why != REFUSE_NOTHING) {
        return why;
    }
    why = authorize_request_read(a, c, &ps, out);
    out->redirect_uri = target;
    return why;
}

struct bent {
    const char *query;
    enum refusal why;
};

static void refuses_each_bent_parameter(void **state)
{
    (void)state;
    static const struct bent all[] = {
        /* spec: RFC 6749 §3.1.2.4 and §3.1:once */
        {"client_id=portal&response_type=code", REFUSE_REDIRECT_MISSING},
        {"redirect_uri=https%3A%2F%2Fportal.example%2Fcb%2F", REFUSE_REDIRECT_URI},
        {"redirect_uri=https%3A%2F%2Fportal.example%2Fcb%3Fx", REFUSE_REDIRECT_URI},
        {"redirect_uri=https%3A%2F%2FPORTAL.example%2Fcb", REFUSE_REDIRECT_URI},
        {GOOD "&redirect_uri=https%3A%2F%2Fportal.example%2Fcb", REFUSE_REPEATED},
        {GOOD "&client_id=portal", REFUSE_REPEATED},
        {GOOD "&state=s2", REFUSE_REPEATED},
        {GOOD "&nonce=n2", REFUSE_REPEATED},
        {GOOD "&request=eyJ", REFUSE_REQUEST_OBJECT},
        {GOOD "&request_uri=https%3A%2F%2Fportal.example%2Fr", REFUSE_REQUEST_URI_KIND},
        {GOOD "&registration=%7B%7D", REFUSE_REGISTRATION_PARAMETER},
        {GOOD "&response_mode=fragment", REFUSE_RESPONSE_MODE},
        {GOOD "&response_mode=form_post", REFUSE_RESPONSE_MODE},
        {GOOD "&prompt=none+login", REFUSE_PROMPT},
        {GOOD "&prompt=Login", REFUSE_PROMPT},
        {GOOD "&max_age=-1", REFUSE_MAX_AGE},
        {GOOD "&max_age=1.5", REFUSE_MAX_AGE},
        {GOOD "&max_age=99999999999999999999999", REFUSE_MAX_AGE},
        {GOOD "&claims=%7B", REFUSE_CLAIMS},
        {GOOD "&acr_values=1+2+3+4+5+6+7+8+9+10+11", REFUSE_ACR_VALUES},
        {GOOD "&login_hint=%01", REFUSE_NOT_UTF8},
        {"redirect_uri=https%3A%2F%2Fportal.example%2Fcb", REFUSE_RESPONSE_TYPE_MISSING},
        {"redirect_uri=https%3A%2F%2Fportal.example%2Fcb&response_type=token",
         REFUSE_RESPONSE_TYPE},
        {"redirect_uri=https%3A%2F%2Fportal.example%2Fcb&response_type=code+id_token",
         REFUSE_RESPONSE_TYPE},
        {"redirect_uri=https%3A%2F%2Fportal.example%2Fcb&response_type=code&scope=openid",
         REFUSE_PKCE_MISSING},
        {"redirect_uri=https%3A%2F%2Fportal.example%2Fcb&response_type=code&scope=email"
         "&code_challenge_method=S256&code_challenge=" CHALLENGE,
         REFUSE_SCOPE},
        {"redirect_uri=https%3A%2F%2Fportal.example%2Fcb&response_type=code"
         "&code_challenge_method=S256&code_challenge=" CHALLENGE,
         REFUSE_SCOPE},
    };
    struct client c = portal();
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct authorize_request q;
        enum refusal why = judge(&c, all[i].query, &q);
        if (why != all[i].why) {
            print_error("%s: %s instead of %s\n", all[i].query, refusal_name(why),
                        refusal_name(all[i].why));
            assert_true(false);
        }
    }
}

static void refuses_a_parameter_that_is_too_long(void **state)
{
    (void)state;
    struct client c = portal();
    struct authorize_request q;
    struct buf b = buf_in(a);
    buf_addz(&b, "redirect_uri=https%3A%2F%2Fportal.example%2Fcb&state=");
    for (size_t i = 0; i < PARAMETER_MAX + 1; i++) {
        buf_byte(&b, 'x');
    }
    assert_int_equal(judge(&c, buf_z(&b), &q), REFUSE_TOO_LONG);
    assert_null(q.state.p);
}

static void refuses_clients_that_are_not_registered_for_codes(void **state)
{
    (void)state;
    struct client c = portal();
    struct authorize_request q;
    c.grant_types.n = 0;
    assert_int_equal(judge(&c, GOOD, &q), REFUSE_CLIENT_NO_CODE);
}

static void keeps_the_state_of_a_refused_request(void **state)
{
    (void)state;
    struct client c = portal();
    struct authorize_request q;
    assert_int_equal(judge(&c, GOOD "&prompt=x", &q), REFUSE_PROMPT);
    assert_true(str_eqz(q.state, "s1"));
}

/* The only URI a client has may be told that request objects are not read. */
static void tells_the_single_uri_that_request_objects_are_not_supported(void **state)
{
    (void)state;
    struct client c = portal();
    struct authorize_request q;
    assert_int_equal(judge(&c, "client_id=portal&response_type=code&request=eyJ", &q),
                     REFUSE_REQUEST_OBJECT);
    assert_true(str_eqz(q.redirect_uri, CB));
}

/* spec: OpenID Core §11:grant */
static void drops_offline_access_from_clients_without_refresh_tokens(void **state)
{
    (void)state;
    struct client c = portal();
    struct authorize_request q;
    static const char *const offline = "redirect_uri=https%3A%2F%2Fportal.example%2Fcb&response_"
                                       "type=code&scope=openid+offline_access"
                                       "&code_challenge_method=S256&code_challenge=" CHALLENGE;
    assert_int_equal(judge(&c, offline, &q), REFUSE_NOTHING);
    assert_true(str_eqz(q.scope, "openid offline_access"));
    c.grant_types.n = 1;
    assert_int_equal(judge(&c, offline, &q), REFUSE_NOTHING);
    assert_true(str_eqz(q.scope, "openid"));
}

/* spec: RFC 6749 §3.1:unknown unrecognized request parameters MUST be ignored */
static void accepts_and_ignores_what_it_does_not_know(void **state)
{
    (void)state;
    struct client c = portal();
    struct authorize_request q;
    assert_int_equal(judge(&c, GOOD "&foo=1&foo=2&display=popup&claims_locales=se", &q),
                     REFUSE_NOTHING);
    assert_true(str_eqz(q.scope, "openid profile"));
    assert_int_equal(q.max_age, -1);
}

static void comes_back_from_its_stored_form_unchanged(void **state)
{
    (void)state;
    struct client c = portal();
    struct authorize_request q;
    struct authorize_request back;
    assert_int_equal(judge(&c,
                           GOOD
                           "&prompt=login+consent&max_age=60&login_hint=h&ui_locales=vi+en"
                           "&acr_values=urn:authd:acr:2:1&claims=%7B%22userinfo%22%3A%7B%22name"
                           "%22%3Anull%7D%7D",
                           &q),
                     REFUSE_NOTHING);
    struct str text = authorize_request_text(a, &q);
    assert_int_equal(authorize_request_load(a, text, &back), OK);
    assert_true(str_eq(authorize_request_text(a, &back), text));
    assert_true(back.prompt_login && back.prompt_consent && !back.prompt_none);
    assert_int_equal(back.max_age, 60);
    assert_true(str_eq(back.claims, q.claims));
    assert_true(str_eqz(back.redirect_uri, CB));
}

static void refuses_a_damaged_stored_form(void **state)
{
    (void)state;
    struct authorize_request q;
    assert_int_equal(authorize_request_load(a, STR("{"), &q), ERR_INTERNAL);
    assert_int_equal(authorize_request_load(a, STR("{\"client_id\":\"x\"}"), &q), ERR_INTERNAL);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(refuses_each_bent_parameter),
        T(refuses_a_parameter_that_is_too_long),
        T(refuses_clients_that_are_not_registered_for_codes),
        T(keeps_the_state_of_a_refused_request),
        T(tells_the_single_uri_that_request_objects_are_not_supported),
        T(drops_offline_access_from_clients_without_refresh_tokens),
        T(accepts_and_ignores_what_it_does_not_know),
        T(comes_back_from_its_stored_form_unchanged),
        T(refuses_a_damaged_stored_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
