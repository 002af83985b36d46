/* links: PkgConfig::LIBJWT */
/* signer/payload: what is no claim is refused, and what is written says the same as libjwt, which
 * held these claims before, is the oracle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#include "signer/payload.h"

static struct arena *a;
static struct payload p;
static jwt_t *oracle;

static int set_up(void **state)
{
    (void)state;
    a = arena_new(0);
    p = payload_begin(a);
    return jwt_new(&oracle);
}

static int tear_down(void **state)
{
    (void)state;
    jwt_free(oracle);
    arena_free(a);
    return 0;
}

static void assert_says(const char *json)
{
    json_t *want = NULL, *have = NULL;
    assert_int_equal(json_read_in(a, str_from(json), &want), OK);
    assert_int_equal(json_read_in(a, payload_end(&p), &have), OK);
    assert_true(json_equal(want, have));
}

static void assert_says_what_libjwt_does(void)
{
    char *json = jwt_get_grants_json(oracle, NULL);
    assert_non_null(json);
    assert_says(json);
    free(json);
}

/* spec: RFC 8725 §3.7 UTF-8 only */
static void refuses_what_is_not_text(void **state)
{
    (void)state;
    static const struct {
        const char *p;
        size_t n;
    } bad[] = {{"\xff", 1}, {"a\0b", 3},     {"", 1},
               {"\xc3", 1}, {"\xc0\x80", 2}, {"\xed\xa0\x80", 3}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct str text = str_of(bad[i].p, bad[i].n);
        struct buf words = buf_in(a);
        buf_addz(&words, "good ");
        buf_add(&words, text);
        assert_int_equal(payload_text(&p, "t", text), ERR_INPUT);
        assert_int_equal(payload_words(&p, "w", text), ERR_INPUT);
        assert_int_equal(payload_words(&p, "w", buf_str(&words)), ERR_INPUT);
        assert_int_equal(payload_list(&p, "l", buf_str(&words)), ERR_INPUT);
        assert_int_equal(payload_nested(&p, "n", "i", text), ERR_INPUT);
    }
    json_t *object = json_own(a, json_pack("{s:[i]}", "a", 1));
    json_array_append_new(json_object_get(object, "a"), json_stringn_nocheck("\xff", 1));
    assert_int_equal(payload_members(&p, object), ERR_INPUT);
    assert_says("{}"); /* what was refused left nothing behind */
}

/* spec: RFC 7519 §4 MUST be unique */
static void refuses_a_member_twice(void **state)
{
    (void)state;
    json_t *object = json_own(a, json_pack("{s:i}", "sub", 1));
    assert_int_equal(payload_text(&p, "sub", STR("first")), OK);
    assert_int_equal(payload_text(&p, "sub", STR("second")), ERR_INPUT);
    assert_int_equal(payload_number(&p, "sub", 2), ERR_INPUT);
    assert_int_equal(payload_words(&p, "sub", STR("two three")), ERR_INPUT);
    assert_int_equal(payload_list(&p, "sub", STR("two")), ERR_INPUT);
    assert_int_equal(payload_nested(&p, "sub", "of", STR("two")), ERR_INPUT);
    assert_int_equal(payload_members(&p, object), ERR_INPUT);
    assert_says("{\"sub\":\"first\"}");
}

static void refuses_what_the_protocol_writes_after_a_document_brought_it(void **state)
{
    (void)state;
    json_t *object = json_own(a, json_pack("{s:s,s:b}", "iss", "of a document", "email", 1));
    assert_int_equal(payload_members(&p, object), OK);
    assert_int_equal(payload_text(&p, "iss", STR("https://id.example")), ERR_INPUT);
    assert_int_equal(payload_members(&p, object), ERR_INPUT);
    assert_says("{\"iss\":\"of a document\",\"email\":true}");
}

static void refuses_more_members_than_tokens_have(void **state)
{
    (void)state;
    for (int i = 0; i < PAYLOAD_MEMBERS_MAX; i++) {
        assert_int_equal(payload_number(&p, str_fmt(a, "n%d", i).p, i), OK);
    }
    assert_int_equal(payload_number(&p, "one more", 1), ERR_LIMIT);
}

static void leaves_out_what_is_absent(void **state)
{
    (void)state;
    assert_int_equal(payload_text(&p, "scope", STR_NONE), OK);
    assert_int_equal(payload_words(&p, "aud", STR_NONE), OK);
    assert_int_equal(payload_words(&p, "aud", STR("  ")), OK);
    assert_int_equal(payload_list(&p, "amr", STR("")), OK);
    assert_int_equal(payload_text(&p, "empty", STR("")), OK); /* empty is not absent */
    assert_says("{\"empty\":\"\"}");
}

/* Texts that would end their string, or say something else, if they were not escaped. */
static void says_what_libjwt_says(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "plain",
        "\"",
        "\\",
        "\",\"sub\":\"forged",
        "\x01\x1f\x7f\b\f\n\r\t",
        "Nguyễn Thị Ánh </script> /",
        "\xf0\x9f\x87\xbb\xf0\x9f\x87\xb3",
        "a text longer than the sixteen bytes looked at at once \""};
    static const int64_t numbers[] = {0, -1, 1, 1795392000, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *name = str_fmt(a, "text %zu", i).p;
        assert_int_equal(payload_text(&p, name, str_from(texts[i])), OK);
        assert_int_equal(jwt_add_grant(oracle, name, texts[i]), 0);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const char *name = str_fmt(a, "number %zu", i).p;
        assert_int_equal(payload_number(&p, name, numbers[i]), OK);
        assert_int_equal(jwt_add_grant_int(oracle, name, (long)numbers[i]), 0);
    }
    assert_int_equal(payload_words(&p, "one", STR(" https://a.example")), OK);
    assert_int_equal(payload_words(&p, "two", STR("https://a.example  q\"\\uote")), OK);
    assert_int_equal(payload_list(&p, "amr", STR("pwd")), OK);
    assert_int_equal(payload_nested(&p, "act", "sub", STR("the \"actor\"")), OK);
    assert_int_equal(jwt_add_grants_json(oracle,
                                         "{\"one\":\"https://a.example\",\"two\":[\"https://"
                                         "a.example\",\"q\\\"\\\\uote\"],\"amr\":[\"pwd\"],\"act\":"
                                         "{\"sub\":\"the \\\"actor\\\"\"}}"),
                     0);
    assert_says_what_libjwt_does();
}

static void writes_claims_of_documents_as_they_are(void **state)
{
    (void)state;
    const char *json = "{\"name\":\"Nguyễn \\\"Ánh\\\"\",\"email_verified\":false,\"updated_at\":7,"
                       "\"address\":{\"formatted\":\"1\\n2\",\"lines\":[1,2.5,null,[]]}}";
    json_t *object = NULL;
    assert_int_equal(json_read_in(a, str_from(json), &object), OK);
    assert_int_equal(payload_text(&p, "sub", STR("somebody")), OK);
    assert_int_equal(payload_members(&p, object), OK);
    assert_int_equal(jwt_add_grants_json(oracle, json), 0);
    assert_int_equal(jwt_add_grant(oracle, "sub", "somebody"), 0);
    assert_says_what_libjwt_does();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refuses_what_is_not_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_member_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            refuses_what_the_protocol_writes_after_a_document_brought_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_more_members_than_tokens_have, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_out_what_is_absent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_what_libjwt_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_claims_of_documents_as_they_are, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
