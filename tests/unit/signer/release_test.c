/* signer/release: nothing is shown that was not asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/json.h"
#include "signer/release.h"

#define PERSON                                                                                     \
    "{\"name\":\"A\",\"email\":\"a@b\",\"personal_number\":\"001190012345\",\"province\":\"001\"," \
    "\"gender\":null,\"sub\":\"x\",\"acr\":\"y\",\"secret\":\"z\"}"
#define AGENCY "{\"name\":\"B\",\"organisation_code\":\"G01\"}"

static const struct {
    const char *attributes, *scope, *claims, *part, *shown;
} cases[] = {
    {PERSON, "", "", "userinfo", "{}"},
    {PERSON, "openid", "", "userinfo", "{}"},
    {PERSON, "openid profile", "", "userinfo", "{\"name\":\"A\"}"},
    {PERSON, "profiles email", "", "userinfo", "{\"email\":\"a@b\"}"},
    {PERSON, "personal_number", "", "userinfo", "{\"urn:authd:personal_number\":\"001190012345\"}"},
    {PERSON, "organisation", "", "userinfo", "{}"},
    {AGENCY, "organisation", "", "userinfo",
     "{\"urn:authd:organisation_code\":\"G01\",\"urn:authd:organisation_name\":\"B\"}"},
    {PERSON, "", "{\"userinfo\":[\"email\"]}", "userinfo", "{\"email\":\"a@b\"}"},
    {PERSON, "", "{\"userinfo\":[\"email\"]}", "id_token", "{}"},
    {PERSON, "", "{\"id_token\":[\"personal_number\",\"secret\",\"sub\",\"acr\"]}", "id_token",
     "{}"},
    {PERSON, "", "{\"id_token\":[\"gender\"]}", "id_token", "{}"},
    {PERSON, "", "not json", "id_token", "{}"},
    {PERSON, "profile email", "not json", "userinfo", "{}"},
    {PERSON, "profile email", "{\"left_out\":[\"name\"]}", "userinfo", "{\"email\":\"a@b\"}"},
    {PERSON, "profile email", "{\"userinfo\":[\"email\"],\"left_out\":[\"email\"]}", "userinfo",
     "{\"name\":\"A\"}"},
};

static void shows_exactly_what_was_asked_for(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *attributes = NULL, *out = json_own(a, json_object());
        assert_int_equal(json_read_in(a, str_from(cases[i].attributes), &attributes), OK);
        release_claims(a, attributes, str_from(cases[i].scope), str_from(cases[i].claims),
                       cases[i].part, out);
        assert_string_equal(str_z(a, json_text(a, out)), cases[i].shown);
    }
    arena_free(a);
}

static void refuses_claims_parameters_of_another_form(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    static const char *const bad[] = {"[]", "{\"userinfo\":{}}",      "{\"id_token\":[1]}", "{",
                                      "1",  "{\"left_out\":\"name\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(release_check(a, str_from(bad[i])), ERR_INPUT);
        assert_false(release_asks(a, str_from(bad[i]), "userinfo"));
    }
    assert_int_equal(release_check(a, STR_NONE), OK);
    assert_int_equal(release_check(a, STR("{\"userinfo\":[\"name\"]}")), OK);
    assert_true(release_asks(a, STR("{\"userinfo\":[\"name\"]}"), "userinfo"));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_exactly_what_was_asked_for),
        cmocka_unit_test(refuses_claims_parameters_of_another_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
