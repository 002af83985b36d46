/* base/url: URLs and parameters that two parsers could read in two ways are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/url.h"

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

static void refuses_what_is_not_a_plain_absolute_url(void **state)
{
    (void)state;
    static const struct str bad[] = {
        STR(""),
        STR("https"),
        STR("https:"),
        STR("https:/x"),
        STR("https://"),
        STR("https:///path"),
        STR("//host/path"),
        STR("/path"),
        STR("HTTPS://host/"),
        STR("1https://host/"),
        STR("https://user@host/"),
        STR("https://user:pass@host/"),
        STR("https://good.example\\@evil.example/"),
        STR("https://host:/"),
        STR("https://host:0/"),
        STR("https://host:65536/"),
        STR("https://host:80a/"),
        STR("https://host:080/"),
        STR("https://ho st/"),
        STR("https://host/a b"),
        STR("https://host/\x01"),
        STR("https://host/\0"),
        STR("https://host/\xC3\xA9"),
        STR("https://host/%zz"),
        STR("https://host/%4"),
        STR("https://ho%41st/"),
        STR("https://[::1"),
        STR("https://[::1]x/"),
        STR("https://[]/"),
        STR("https://[host]/"),
        STR("https://host/#a#b"),
        STR("https://host\r\nX: y/"),
        STR("https://a:1:2/"),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct url u;
        assert_int_equal(url_parse(bad[i], &u), ERR_INPUT);
    }
}

static void gives_the_parts(void **state)
{
    (void)state;
    struct url u;
    assert_int_equal(url_parse(STR("https://id.example.vn:8443/a/b?c=d?e/f#g?h"), &u), OK);
    assert_true(str_eqz(u.scheme, "https"));
    assert_true(str_eqz(u.host, "id.example.vn"));
    assert_true(str_eqz(u.port, "8443"));
    assert_true(str_eqz(u.path, "/a/b"));
    assert_true(str_eqz(u.query, "c=d?e/f"));
    assert_true(str_eqz(u.fragment, "g?h"));
    assert_int_equal(url_parse(STR("http://[::1]:80?"), &u), OK);
    assert_true(str_eqz(u.host, "[::1]"));
    assert_true(str_eqz(u.path, ""));
    assert_non_null(u.query.p);
    assert_null(u.fragment.p);
    assert_int_equal(url_parse(STR("https://host"), &u), OK);
    assert_null(u.port.p);
    assert_null(u.query.p);
}

static void tells_the_origin_and_nothing_behind_it(void **state)
{
    (void)state;
    assert_true(
        str_eqz(url_origin(a, STR("https://p.example:8443/cb?a")), "https://p.example:8443"));
    assert_true(str_eqz(url_origin(a, STR("http://127.0.0.1/cb#x")), "http://127.0.0.1"));
    assert_true(str_eqz(url_origin(a, STR("vn.example.app:/cb")), "vn.example.app:"));
    assert_true(str_eqz(url_origin(a, STR("https://p.example@evil.example/")), "https:"));
}

static void names_that_look_like_loopback_are_not(void **state)
{
    (void)state;
    static const char *const no[] = {"http://127.evil.example/",
                                     "http://127.0.0.1.evil.example/",
                                     "http://localhost.evil.example/",
                                     "http://128.0.0.1/",
                                     "http://127.0.0/",
                                     "http://127.0.0.0.1/",
                                     "http://127.0.0.256/",
                                     "http://[::2]/",
                                     "http://0127.0.0.1/"};
    static const char *const yes[] = {"http://127.0.0.1/", "http://127.255.3.4:1/", "http://[::1]/",
                                      "http://localhost:80/", "http://LOCALHOST/"};
    struct url u;
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        assert_int_equal(url_parse(str_from(no[i]), &u), OK);
        assert_false(url_is_loopback(&u));
    }
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        assert_int_equal(url_parse(str_from(yes[i]), &u), OK);
        assert_true(url_is_loopback(&u));
    }
}

static void refuses_parameters_that_are_not_text(void **state)
{
    (void)state;
    static const struct str bad[] = {
        STR("a=%zz"), STR("a=%"),      STR("a=%4"),        STR("a=ok%00evil"), STR("%00=a"),
        STR("a=\0"),  STR("a=%C0%AF"), STR("a=%ED%A0%80"), STR("a=\xFF"),      STR("a%FF=b")};
    struct params ps;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(params_parse(a, bad[i], &ps), ERR_INPUT);
    }
    struct buf b = buf_in(a);
    for (int i = 0; i < PARAMS_MAX + 1; i++) {
        buf_form(&b, "n", STR("v"));
    }
    assert_int_equal(params_parse(a, buf_str(&b), &ps), ERR_LIMIT);
}

/* spec: RFC 6749 §3.1:once parameters stand once; §3.1:empty no value counts as omitted */
static void names_the_repeated_parameter_and_omits_the_empty_one(void **state)
{
    (void)state;
    struct params ps;
    assert_int_equal(params_parse(a, STR("a=1&b=&%61=2&flag"), &ps), OK);
    assert_int_equal(ps.n, 4);
    assert_true(str_eqz(params_repeated(&ps), "a"));
    assert_null(param_get(&ps, "b").p);
    assert_null(param_get(&ps, "flag").p);
    assert_null(param_get(&ps, "absent").p);
    assert_int_equal(params_parse(a, STR("a=1&b=2"), &ps), OK);
    assert_null(params_repeated(&ps).p);
}

static void decodes_what_buf_form_wrote(void **state)
{
    (void)state;
    struct str hard = STR("Nguyễn Văn +&=%?#/\r\n~");
    struct buf b = buf_in(a);
    buf_form(&b, "name", hard);
    buf_form(&b, "x", STR("1"));
    struct params ps;
    assert_int_equal(params_parse(a, buf_str(&b), &ps), OK);
    assert_true(str_eq(param_get(&ps, "name"), hard));
    assert_true(str_eqz(param_get(&ps, "x"), "1"));
    assert_int_equal(params_parse(a, STR("&&a=b+c&&"), &ps), OK);
    assert_int_equal(ps.n, 1);
    assert_true(str_eqz(param_get(&ps, "a"), "b c"));
    assert_int_equal(params_parse(a, STR(""), &ps), OK);
    assert_int_equal(ps.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_not_a_plain_absolute_url),
        cmocka_unit_test(gives_the_parts),
        cmocka_unit_test(tells_the_origin_and_nothing_behind_it),
        cmocka_unit_test(names_that_look_like_loopback_are_not),
        cmocka_unit_test(refuses_parameters_that_are_not_text),
        cmocka_unit_test(names_the_repeated_parameter_and_omits_the_empty_one),
        cmocka_unit_test(decodes_what_buf_form_wrote),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
