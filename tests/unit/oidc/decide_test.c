/* oidc/decide: what comes next, for every combination that matters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "oidc/decide.h"

#define NOW 1000000

static struct authorize_request request;
static struct client client;

/* A person logged in ten seconds ago, whose consent covers everything. */
static struct situation usual(void)
{
    request = (struct authorize_request){.scope = STR("openid"), .max_age = -1};
    client = (struct client){.authentication_level_floor = 1};
    return (struct situation){.request = &request,
                              .client = &client,
                              .has_session = true,
                              .levels = {2, 1},
                              .auth_time = NOW - 10,
                              .agreed_before = true,
                              .now = NOW};
}

static enum refusal why_refused(const struct situation *s)
{
    enum refusal why = REFUSE_NOTHING;
    assert_int_equal(authorize_decide(s, &why), STEP_REFUSE);
    return why;
}

static enum step step(const struct situation *s)
{
    enum refusal why = REFUSE_NOTHING;
    enum step next = authorize_decide(s, &why);
    assert_int_equal(why != REFUSE_NOTHING, next == STEP_REFUSE);
    return next;
}

/* spec: OpenID Core §3.1.2.1:none prompt=none MUST NOT display a page */
static void refuses_silently_what_would_need_a_page(void **state)
{
    (void)state;
    struct situation s = usual();
    request.prompt_none = true;
    s.has_session = false;
    assert_int_equal(why_refused(&s), REFUSE_LOGIN_REQUIRED);
    s = usual();
    request.prompt_none = true;
    request.max_age = 5;
    assert_int_equal(why_refused(&s), REFUSE_LOGIN_REQUIRED);
    s = usual();
    request.prompt_none = true;
    s.agreed_before = false;
    assert_int_equal(why_refused(&s), REFUSE_CONSENT_REQUIRED);
    s = usual();
    request.prompt_none = true;
    s.other_person = true;
    assert_int_equal(why_refused(&s), REFUSE_OTHER_PERSON);
}

/* spec: OpenID Core §3.1.2.2:person */
static void never_answers_for_another_person_than_asked_for(void **state)
{
    (void)state;
    struct situation s = usual();
    s.other_person = true;
    assert_int_equal(step(&s), STEP_LOGIN);
    s.authenticated_now = true;
    assert_int_equal(why_refused(&s), REFUSE_OTHER_PERSON);
    s.agreed_now = true;
    assert_int_equal(why_refused(&s), REFUSE_OTHER_PERSON);
}

/* spec: OpenID Core §5.5.1.1 */
static void never_lowers_a_floor_or_an_essential_acr(void **state)
{
    (void)state;
    struct situation s = usual();
    client.account_level_floor = 2;
    s.levels.account = 1;
    assert_int_equal(why_refused(&s), REFUSE_LEVEL);
    s = usual();
    client.authentication_level_floor = 3;
    assert_int_equal(why_refused(&s), REFUSE_LEVEL);
    s = usual();
    request.acr_essential = STR("urn:authd:acr:2:4 urn:other:acr");
    assert_int_equal(why_refused(&s), REFUSE_LEVEL);
    request.acr_essential = STR("urn:authd:acr:2:4 urn:authd:acr:2:1");
    assert_int_equal(step(&s), STEP_FINISH);
    s = usual();
    client.account_level_floor = 2;
    request.acr_voluntary = STR("urn:authd:acr:0:1");
    s.levels.account = 1;
    assert_int_equal(why_refused(&s), REFUSE_LEVEL);
}

static void a_wish_for_more_is_no_demand(void **state)
{
    (void)state;
    struct situation s = usual();
    request.acr_voluntary = STR("urn:authd:acr:2:4");
    assert_int_equal(step(&s), STEP_FINISH);
}

/* spec: OpenID Core §3.1.2.3:login, §3.1.2.1:max_age */
static void asks_to_log_in_again_once_and_not_twice(void **state)
{
    (void)state;
    struct situation s = usual();
    s.has_session = false;
    assert_int_equal(step(&s), STEP_LOGIN);
    s = usual();
    request.prompt_login = true;
    assert_int_equal(step(&s), STEP_LOGIN);
    s.authenticated_now = true;
    assert_int_equal(step(&s), STEP_FINISH);
    s = usual();
    request.max_age = 9;
    assert_int_equal(step(&s), STEP_LOGIN);
    s.authenticated_now = true;
    assert_int_equal(step(&s), STEP_FINISH);
    s = usual();
    request.max_age = 0;
    s.auth_time = NOW;
    assert_int_equal(step(&s), STEP_LOGIN);
    s = usual();
    request.max_age = 10;
    assert_int_equal(step(&s), STEP_FINISH);
}

static void asks_to_choose_until_somebody_chose(void **state)
{
    (void)state;
    struct situation s = usual();
    request.prompt_select = true;
    assert_int_equal(step(&s), STEP_SELECT);
    s.chosen = true;
    assert_int_equal(step(&s), STEP_FINISH);
    s = usual();
    request.prompt_select = true;
    request.prompt_login = true;
    assert_int_equal(step(&s), STEP_LOGIN);
}

static void asks_for_consent_unless_given_or_exempt(void **state)
{
    (void)state;
    struct situation s = usual();
    s.agreed_before = false;
    assert_int_equal(step(&s), STEP_CONSENT);
    client.consent_exempt = true;
    assert_int_equal(step(&s), STEP_FINISH);
    request.prompt_consent = true;
    assert_int_equal(step(&s), STEP_CONSENT);
    s.agreed_now = true;
    assert_int_equal(step(&s), STEP_FINISH);
    s = usual();
    request.prompt_consent = true;
    assert_int_equal(step(&s), STEP_CONSENT);
}

/* RFC 8252 §8.6: what another app could receive as well is never sent without a page */
static void a_program_that_nothing_assures_is_agreed_to_each_time(void **state)
{
    (void)state;
    static const char *const loose[] = {"com.example.app:/cb", "http://127.0.0.1/cb"};
    for (size_t i = 0; i < sizeof(loose) / sizeof(loose[0]); i++) {
        struct situation s = usual();
        client.native = true;
        client.auth_method = CLIENT_AUTH_NONE;
        request.redirect_uri = str_from(loose[i]);
        assert_int_equal(step(&s), STEP_CONSENT);
        client.consent_exempt = true;
        assert_int_equal(step(&s), STEP_CONSENT);
        request.prompt_none = true;
        assert_int_equal(why_refused(&s), REFUSE_CONSENT_REQUIRED);
        s.agreed_now = true;
        assert_int_equal(step(&s), STEP_FINISH);
    }
    struct situation s = usual();
    client.native = true;
    client.auth_method = CLIENT_AUTH_NONE;
    request.redirect_uri = STR("https://app.example.vn/cb");
    assert_int_equal(step(&s), STEP_FINISH);
    request.redirect_uri = STR("com.example.app:/cb");
    client.auth_method = CLIENT_AUTH_PRIVATE_KEY_JWT;
    assert_int_equal(step(&s), STEP_FINISH);
}

static void finishes_silently_when_all_is_there(void **state)
{
    (void)state;
    struct situation s = usual();
    assert_int_equal(step(&s), STEP_FINISH);
    request.prompt_none = true;
    assert_int_equal(step(&s), STEP_FINISH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_silently_what_would_need_a_page),
        cmocka_unit_test(never_answers_for_another_person_than_asked_for),
        cmocka_unit_test(never_lowers_a_floor_or_an_essential_acr),
        cmocka_unit_test(a_wish_for_more_is_no_demand),
        cmocka_unit_test(asks_to_log_in_again_once_and_not_twice),
        cmocka_unit_test(asks_to_choose_until_somebody_chose),
        cmocka_unit_test(asks_for_consent_unless_given_or_exempt),
        cmocka_unit_test(a_program_that_nothing_assures_is_agreed_to_each_time),
        cmocka_unit_test(finishes_silently_when_all_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
