/* Where the courier may not go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include "courier/guard.h"

static enum err judge(const char *text, bool loopback_allowed)
{
    struct sockaddr_storage address = {0};
    struct sockaddr_in *in = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address;
    if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
        address.ss_family = AF_INET;
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
        address.ss_family = AF_INET6;
    }
    return guard_address((const struct sockaddr *)&address, loopback_allowed);
}

/* spec: RFC 6890 §2.2.2, §2.2.3 special-purpose addresses */
static void refuses_every_address_that_is_not_public(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "3fff::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (judge(refused[i], false) != ERR_DENIED) {
            print_error("%s was allowed\n", refused[i]);
            assert_true(false);
        }
    }
}

static void refuses_private_addresses_even_where_loopback_is_allowed(void **state)
{
    (void)state;
    static const char *const refused[] = {"10.0.0.1", "192.168.1.1", "169.254.169.254",
                                          "fd00::1",  "fe80::1",     "::ffff:10.0.0.1",
                                          "0.0.0.0",  "::"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_int_equal(judge(refused[i], true), ERR_DENIED);
    }
}

static void refuses_other_families(void **state)
{
    (void)state;
    struct sockaddr_storage address = {.ss_family = AF_UNIX};
    assert_int_equal(guard_address((const struct sockaddr *)&address, true), ERR_DENIED);
}

static void allows_public_addresses(void **state)
{
    (void)state;
    static const char *const allowed[] = {
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "169.253.1.1",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.1.1",
        "192.169.0.1",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "::ffff:1.1.1.1",
        "2400:cb00::1",
        "2606:4700::1111",
        "2001:4860:4860::8888",
        "2a00::1",
    };
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        if (judge(allowed[i], false) != OK) {
            print_error("%s was refused\n", allowed[i]);
            assert_true(false);
        }
    }
}

static void allows_loopback_only_where_development_says_so(void **state)
{
    (void)state;
    assert_int_equal(judge("127.0.0.1", true), OK);
    assert_int_equal(judge("::1", true), OK);
    assert_int_equal(judge("::ffff:127.0.0.1", true), OK);
}

static enum err judge_url(const char *text, bool loopback_allowed)
{
    struct url url;
    assert_int_equal(url_parse(str_from(text), &url), OK);
    return guard_url(&url, loopback_allowed);
}

static void refuses_urls_that_are_not_https(void **state)
{
    (void)state;
    assert_int_equal(judge_url("http://portal.example/x", true), ERR_DENIED);
    assert_int_equal(judge_url("http://localhost/x", false), ERR_DENIED);
    assert_int_equal(judge_url("ftp://portal.example/x", true), ERR_DENIED);
    assert_int_equal(judge_url("http://127.0.0.1.evil.example/x", true), ERR_DENIED);
}

static void allows_https_and_loopback_in_development(void **state)
{
    (void)state;
    assert_int_equal(judge_url("https://portal.example/x", false), OK);
    assert_int_equal(judge_url("http://127.0.0.1:8081/x", true), OK);
    assert_int_equal(judge_url("http://localhost:8081/x", true), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_every_address_that_is_not_public),
        cmocka_unit_test(refuses_private_addresses_even_where_loopback_is_allowed),
        cmocka_unit_test(refuses_other_families),
        cmocka_unit_test(refuses_urls_that_are_not_https),
        cmocka_unit_test(allows_public_addresses),
        cmocka_unit_test(allows_loopback_only_where_development_says_so),
        cmocka_unit_test(allows_https_and_loopback_in_development),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
