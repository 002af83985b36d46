/* oidc/target_uri: the normal form of a request's URI. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/arena.h"
#include "oidc/target_uri.h"

static void refuses_what_is_no_absolute_http_uri(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "/token",
        "//id.example/token",
        "https:",
        "https://",
        "https:///token",
        "https:token",
        "ftp://id.example/token",
        "javascript:alert(1)",
        "https://user@id.example/token",
        "https://id.example:0/token",
        "https://id.example:99999/token",
        "https://id.example:44x/token",
        "https://id.example/tok en",
        "https://id.example/%",
        "https://id.example/%4",
        "https://id.example/%zz",
        "https://id.example/tok\xc3\xa9n",
        "https://id.example\\token",
        "https://id.exam\tple/token",
    };
    struct arena *a = arena_new(0);
    struct str out;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (target_uri_normal(a, str_from(bad[i]), &out) == OK) {
            print_error("%s -> %.*s\n", bad[i], STR_FMT(out));
            assert_true(false);
        }
    }
    assert_int_equal(target_uri_normal(a, STR_NONE, &out), ERR_INPUT);
    assert_int_equal(target_uri_normal(a, STR("https://id.example/a\0b"), &out), ERR_INPUT);
    char longest[2100];
    memset(longest, 'a', sizeof longest);
    memcpy(longest, "https://id.example/", 19);
    assert_int_equal(target_uri_normal(a, str_of(longest, sizeof longest), &out), ERR_INPUT);
    arena_free(a);
}

/* spec: RFC 9449 §4.3:htu, RFC 3986 §6.2.2 and §6.2.3 */
static void brings_equal_uris_to_one_form(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"https://id.example/token", "https://id.example/token"},
        {"HTTPS://ID.Example/token", "https://id.example/token"},
        {"https://id.example:443/token", "https://id.example/token"},
        {"http://id.example:80/token", "http://id.example/token"},
        {"https://id.example:80/token", "https://id.example:80/token"},
        {"https://id.example:8443/token", "https://id.example:8443/token"},
        {"https://id.example/token?a=b", "https://id.example/token"},
        {"https://id.example/token#f", "https://id.example/token"},
        {"https://id.example/%74%6F%6ben", "https://id.example/token"},
        {"https://id.example/a%2fb", "https://id.example/a%2Fb"},
        {"https://id.example/%e1%ba%a1", "https://id.example/%E1%BA%A1"},
        {"https://id.example", "https://id.example/"},
        {"https://id.example?x", "https://id.example/"},
        {"https://id.example/", "https://id.example/"},
        {"https://id.example/./token", "https://id.example/token"},
        {"https://id.example/a/b/../../token", "https://id.example/token"},
        {"https://id.example/../token", "https://id.example/token"},
        {"https://id.example/a/%2e%2E/token", "https://id.example/token"},
        {"https://id.example/a/..", "https://id.example/"},
        {"https://id.example/a/b/..", "https://id.example/a/"},
        {"https://id.example/a/.", "https://id.example/a/"},
        {"https://id.example//token", "https://id.example//token"},
        {"https://id.example/token/", "https://id.example/token/"},
        {"https://id.example/Token", "https://id.example/Token"},
        {"https://[2001:DB8::1]:8443/token", "https://[2001:db8::1]:8443/token"},
    };
    struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct str out, again;
        assert_int_equal(target_uri_normal(a, str_from(pairs[i][0]), &out), OK);
        if (!str_eqz(out, pairs[i][1])) {
            print_error("%s -> %.*s\n", pairs[i][0], STR_FMT(out));
            assert_true(false);
        }
        assert_int_equal(target_uri_normal(a, out, &again), OK);
        assert_true(str_eq(out, again));
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_no_absolute_http_uri),
        cmocka_unit_test(brings_equal_uris_to_one_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
