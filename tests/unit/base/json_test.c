/* base/json: foreign JSON that must not come in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"

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

/* spec: RFC 7519 §4, RFC 7515 §4:unique, RFC 7517 §4:unique MUST reject duplicate names
 * spec: RFC 8725 §3.7 */
static void refuses_malformed_and_ambiguous_text(void **state)
{
    (void)state;
    static const struct str bad[] = {
        STR(""),
        STR(" "),
        STR("{\"a\":1,\"a\":2}"),
        STR("{\"a\":1,\"\\u0061\":2}"),
        STR("{} x"),
        STR("{}{}"),
        STR("\"text\""),
        STR("12"),
        STR("{\"a\":9223372036854775808}"),
        STR("{\"a\":1e400}"),
        STR("{\"a\":01}"),
        STR("{\"a\":\"\xFF\"}"),
        STR("{\"a\":\"\xC0\xAF\"}"),
        STR("{\"a\":\"\\u0000\"}"),
        STR("{\"a\\u0000\":1}"),
        STR("{\"a\":\"\0\"}"),
        STR("{\"a\":1}\0"),
        STR("{'a':1}"),
        STR("{\"a\":1,}"),
        STR("{\"a\":NaN}"),
        STR("]["),
        STR("{\"a\":\"\\ud800\"}"),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        json_t *out = NULL;
        assert_int_equal(json_read(bad[i], JSON_SIZE_MAX, &out), ERR_INPUT);
        assert_null(out);
    }
}

static void refuses_depth_and_size_before_parsing(void **state)
{
    (void)state;
    json_t *out = NULL;
    struct buf b = buf_in(a);
    for (int i = 0; i < 100000; i++) {
        buf_byte(&b, '[');
    }
    assert_int_equal(json_read(buf_str(&b), JSON_SIZE_MAX, &out), ERR_LIMIT);
    assert_int_equal(json_read(STR("{\"a\":12345}"), 5, &out), ERR_LIMIT);
    assert_int_equal(json_read(STR("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"), JSON_SIZE_MAX, &out),
                     ERR_LIMIT);
    assert_int_equal(json_read(STR("[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]"), JSON_SIZE_MAX, &out), OK);
    json_decref(out);
}

static void brackets_and_quotes_inside_text_are_text(void **state)
{
    (void)state;
    json_t *out = NULL;
    assert_int_equal(json_read_in(a, STR("{\"a\":\"]]}}\\\"[[[[[[[[[[[[[[[[[[[\\\\\"}"), &out), OK);
    assert_true(str_eqz(json_member(out, "a"), "]]}}\"[[[[[[[[[[[[[[[[[[[\\"));
}

static void every_escape_is_read(void **state)
{
    (void)state;
    json_t *out = NULL;
    assert_int_equal(
        json_read_in(a, STR("{\"\\u0061\\u00e9\":\"\\ud83d\\ude00\\u20AC\\n\\/\\\\\\\"\"}"), &out),
        OK);
    assert_true(str_eqz(json_member(out, "a\xC3\xA9"), "\xF0\x9F\x98\x80\xE2\x82\xAC\n/\\\""));
}

static void members_have_the_type_that_was_asked_for(void **state)
{
    (void)state;
    json_t *out = NULL;
    int64_t number = 7;
    assert_int_equal(
        json_read_in(a, STR("{\"s\":\"t\",\"n\":9223372036854775807,\"r\":1.5,\"b\":true}"), &out),
        OK);
    assert_true(str_eqz(json_member(out, "s"), "t"));
    assert_null(json_member(out, "n").p);
    assert_null(json_member(out, "absent").p);
    assert_false(json_member_i64(out, "r", &number));
    assert_false(json_member_i64(out, "s", &number));
    assert_false(json_member_i64(out, "b", &number));
    assert_int_equal(number, 7);
    assert_true(json_member_i64(out, "n", &number));
    assert_true(number == INT64_MAX);
}

static void writes_compactly_in_insertion_order(void **state)
{
    (void)state;
    json_t *o = json_own(a, json_object());
    json_object_set_new(o, "z", json_str(STR("Nguyễn")));
    json_object_set_new(o, "a", json_integer(1));
    assert_true(str_eqz(json_text(a, o), "{\"z\":\"Nguyễn\",\"a\":1}"));
    char big[5000];
    memset(big, 'x', sizeof(big));
    json_object_set_new(o, "big", json_str(str_of(big, sizeof(big))));
    assert_int_equal(json_text(a, o).n, 21 + 9 + 5000 + 1);
}

/* spec: RFC 8259 §7 what must be escaped is; else as jansson writes it */
static void writes_as_jansson_does(void **state)
{
    (void)state;
    static const char *const texts[] = {"{}",
                                        "[]",
                                        "[[],{},[{}]]",
                                        "{\"a\":{\"b\":[1,-2,true,false,null,\"\"]}}",
                                        "[9223372036854775807,-9223372036854775808,0]",
                                        "[1.5,-0.1,1e300,2.0,1e-7,100000000000000000000.0]",
                                        "[\"\\u0001\\u001f\\b\\f\\n\\r\\t\\\"\\\\/\\u007f\"]",
                                        "[\"Nguy\u1ec5n \U0001f600 end\"]",
                                        "{\"k\\n\\\"ey\":\"\\\\\\\\x\\\\\"}"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        json_t *value = json_loads(texts[i], 0, NULL);
        assert_non_null(value);
        char *expected = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        assert_true(str_eqz(json_text(a, value), expected));
        free(expected);
        json_decref(value);
    }
    for (unsigned c = 1; c < 0x80 * 20; c++) { /* at each place of what is looked at together */
        char text[24] = "0123456789abcdefghij";
        text[c / 0x80] = (char)(c % 0x80);
        if (text[c / 0x80] == '\0') {
            continue;
        }
        json_t *value = json_string(text);
        char *expected = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        assert_true(str_eqz(json_text(a, value), expected));
        free(expected);
        json_decref(value);
    }
}

static void members_read_back_as_they_were_put(void **state)
{
    (void)state;
    struct json_members m = json_members_begin(a);
    assert_true(str_eqz(json_members_end(&m), "{}"));
    m = json_members_begin(a);
    json_members_text(&m, "token", STR("abc.def-ghi_jkl.mno"));
    json_members_text(&m, "na\"me", STR("\"\\\n Nguyễn"));
    json_members_text(&m, "nothing", STR_NONE);
    json_members_number(&m, "least", INT64_MIN);
    json_members_number(&m, "zero", 0);
    json_members_number(&m, "most", INT64_MAX);
    json_t *back = NULL;
    int64_t least = 0, zero = 1, most = 0;
    assert_int_equal(json_read_in(a, json_members_end(&m), &back), OK);
    assert_true(str_eqz(json_member(back, "token"), "abc.def-ghi_jkl.mno"));
    assert_true(str_eqz(json_member(back, "na\"me"), "\"\\\n Nguyễn"));
    assert_true(str_eqz(json_member(back, "nothing"), ""));
    assert_true(json_member_i64(back, "least", &least) && least == INT64_MIN);
    assert_true(json_member_i64(back, "zero", &zero) && zero == 0);
    assert_true(json_member_i64(back, "most", &most) && most == INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_malformed_and_ambiguous_text),
        cmocka_unit_test(refuses_depth_and_size_before_parsing),
        cmocka_unit_test(brackets_and_quotes_inside_text_are_text),
        cmocka_unit_test(every_escape_is_read),
        cmocka_unit_test(members_have_the_type_that_was_asked_for),
        cmocka_unit_test(writes_compactly_in_insertion_order),
        cmocka_unit_test(writes_as_jansson_does),
        cmocka_unit_test(members_read_back_as_they_were_put),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
