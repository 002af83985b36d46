/* oidc/asks: what is asked line by line, and what the answers come to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/arena.h"
#include "oidc/asks.h"

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

static struct ask *line(struct asks *asks, const char *name)
{
    for (size_t i = 0; i < asks->n; i++) {
        if (str_eqz(asks->v[i].line, name)) {
            return &asks->v[i];
        }
    }
    print_error("no line %s\n", name);
    assert_true(false);
    return NULL;
}

static struct asks asked(const struct client *c, const char *scope, const char *claims,
                         const struct consent_row *row)
{
    struct asks out;
    struct authorize_request q = {.scope = str_from(scope), .claims = str_from(claims)};
    asks_of(a, c, &q, false, NULL, 0, row, &out);
    return out;
}

static void answer_all(struct asks *asks, enum ask_answer answer)
{
    for (size_t i = 0; i < asks->n; i++) {
        asks->v[i].answer = answer;
    }
}

static void nothing_is_granted_before_it_is_answered(void **state)
{
    (void)state;
    struct client c = {.id = STR("portal")};
    struct asks asks =
        asked(&c, "openid profile offline_access", "{\"id_token\":[\"email\"]}", NULL);
    assert_false(asks_are_decided(&asks));
    assert_true(str_eqz(asks_scope(a, STR("openid profile offline_access"), &asks), "openid"));
    assert_false(str_is(asks_claims(a, STR("openid"), STR("{\"id_token\":[\"email\"]}"), &asks)));
}

static void what_is_left_out_is_named_and_a_scope_left_out_whole_is_gone(void **state)
{
    (void)state;
    struct client c = {.id = STR("portal")};
    struct str scope = STR("openid profile email");
    struct str kept = STR("{\"id_token\":[\"birthdate\",\"name\"],\"userinfo\":[]}");
    struct asks asks = asked(&c, scope.p, kept.p, NULL);
    answer_all(&asks, ASK_GRANTED);
    line(&asks, "birthdate")->answer = ASK_DECLINED;
    line(&asks, "email")->answer = ASK_DECLINED;
    struct str granted = asks_scope(a, scope, &asks);
    assert_true(str_eqz(granted, "openid profile"));
    assert_true(str_eqz(asks_claims(a, granted, kept, &asks),
                        "{\"id_token\":[\"name\"],\"userinfo\":[],\"left_out\":[\"birthdate\"]}"));
}

static void remembers_both_answers_and_asks_only_for_what_was_never_decided(void **state)
{
    (void)state;
    struct client c = {.id = STR("portal")};
    struct consent_row row;
    struct asks asks = asked(&c, "openid profile offline_access", NULL, NULL);
    answer_all(&asks, ASK_GRANTED);
    line(&asks, "gender")->answer = ASK_DECLINED;
    line(&asks, "offline_access")->answer = ASK_DECLINED;
    asks_remembered(a, NULL, asks_scope(a, STR("openid profile offline_access"), &asks), &asks,
                    &row);
    assert_true(str_eqz(row.scope, "openid")); /* the program before this one asks again */
    assert_true(str_eqz(row.declined, "[\"gender\",\"scope:offline_access\"]"));

    asks = asked(&c, "openid profile email offline_access", NULL, &row);
    assert_false(asks_are_decided(&asks));
    assert_int_equal(line(&asks, "email")->answer, ASK_OPEN);
    assert_int_equal(line(&asks, "name")->answer, ASK_GRANTED);
    assert_int_equal(line(&asks, "gender")->answer, ASK_DECLINED);
    assert_int_equal(line(&asks, "offline_access")->answer, ASK_DECLINED);

    line(&asks, "email")->answer = ASK_GRANTED;
    line(&asks, "gender")->answer = ASK_GRANTED;
    asks_remembered(a, &row, STR("openid profile email"), &asks, &row);
    assert_true(str_eqz(row.scope, "openid profile email"));
    assert_true(str_eqz(row.declined, "[\"scope:offline_access\"]"));
}

static void what_was_declined_is_asked_again_once_it_is_required(void **state)
{
    (void)state;
    struct client c = {.id = STR("portal")};
    struct consent_row row = {.scope = STR("openid"),
                              .claims = STR("[]"),
                              .declined = STR("[\"email\",\"email_verified\"]")};
    struct asks asks = asked(&c, "openid email", NULL, &row);
    assert_true(asks_are_decided(&asks));
    asks = asked(&c, "openid email", "{\"userinfo\":[\"email\"],\"essential\":[\"email\"]}", &row);
    assert_int_equal(line(&asks, "email")->need, ASK_REQUIRED);
    assert_int_equal(line(&asks, "email")->answer, ASK_OPEN);
}

static void a_row_from_before_claims_were_decided_stands_for_its_scopes(void **state)
{
    (void)state;
    struct client c = {.id = STR("portal")};
    struct consent_row row = {
        .scope = STR("openid profile"), .claims = STR("[\"email\"]"), .declined = STR_NONE};
    struct asks asks = asked(&c, "openid profile", NULL, &row);
    assert_true(asks_are_decided(&asks));
    asks = asked(&c, "openid email", NULL, &row);
    assert_int_equal(line(&asks, "email")->answer, ASK_OPEN); /* email_verified was not in it */
    row.declined = STR("[]");
    asks = asked(&c, "openid profile", NULL, &row);
    assert_false(asks_are_decided(&asks));
}

static void the_registration_says_what_is_required_optional_and_why(void **state)
{
    (void)state;
    static struct str required[] = {{"birthdate", 9}}, voluntary[] = {{"gender", 6}};
    struct client c = {
        .id = STR("portal"), .required_claims = {required, 1}, .voluntary_claims = {voluntary, 1}};
    c.claim_purposes = json_own(a, json_pack("{s:s}", "birthdate", "your age decides"));
    struct asks asks = asked(&c, "openid profile", NULL, NULL);
    assert_int_equal(line(&asks, "birthdate")->need, ASK_REQUIRED);
    assert_true(str_eqz(line(&asks, "birthdate")->purpose, "your age decides"));
    assert_int_equal(line(&asks, "gender")->need, ASK_OPTIONAL);
    assert_int_equal(line(&asks, "name")->need, ASK_WANTED);
    asks = asked(&c, "openid", "{\"userinfo\":[\"email\"],\"voluntary\":[\"email\"]}", NULL);
    assert_int_equal(line(&asks, "email")->need, ASK_OPTIONAL);
}

static void an_exempt_client_gets_claims_unasked_but_nothing_that_outlives_the_visit(void **state)
{
    (void)state;
    struct client c = {.id = STR("registry"), .consent_exempt = true};
    struct consent_row row = {
        .scope = STR("openid"), .claims = STR("[]"), .declined = STR("[\"name\"]")};
    struct asks asks = asked(&c, "openid profile offline_access", NULL, &row);
    assert_int_equal(line(&asks, "name")->answer, ASK_GRANTED);
    assert_true(
        str_eqz(asks_scope(a, STR("openid profile offline_access"), &asks), "openid profile"));
}

static void scopes_of_resource_servers_are_decided_together(void **state)
{
    (void)state;
    struct client c = {.id = STR("portal")};
    static struct str words[] = {{"tax.read", 8}, {"tax.write", 9}};
    struct resource_group group = {STR("Tax"), {words, 2}};
    struct authorize_request q = {.scope = STR("openid tax.read tax.write")};
    struct asks asks;
    asks_of(a, &c, &q, false, &group, 1, NULL, &asks);
    assert_int_equal(asks.n, 1);
    assert_true(str_eqz(asks_scope(a, q.scope, &asks), "openid"));
    asks.v[0].answer = ASK_GRANTED;
    assert_true(str_eq(asks_scope(a, q.scope, &asks), q.scope));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(nothing_is_granted_before_it_is_answered),
        T(what_is_left_out_is_named_and_a_scope_left_out_whole_is_gone),
        T(remembers_both_answers_and_asks_only_for_what_was_never_decided),
        T(what_was_declined_is_asked_again_once_it_is_required),
        T(a_row_from_before_claims_were_decided_stands_for_its_scopes),
        T(the_registration_says_what_is_required_optional_and_why),
        T(an_exempt_client_gets_claims_unasked_but_nothing_that_outlives_the_visit),
        T(scopes_of_resource_servers_are_decided_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
