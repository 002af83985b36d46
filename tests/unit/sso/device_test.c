/* Kinds of browsers, in words of ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sso/device.h"

static void nothing_of_the_header_is_kept(void **state)
{
    (void)state;
    static const char *const odd[] = {"", "curl/8", "<b>x</b>", "\xff\xfe",
                                      "mozilla/5.0 (unknown)"};
    struct arena *a = arena_new(0);
    assert_false(str_is(device_of(a, STR_NONE)));
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        assert_false(str_is(device_of(a, str_from(odd[i]))));
    }
    assert_true(str_eqz(device_of(a, STR("Firefox/ <script> Linux")), "Firefox, Linux"));
    arena_free(a);
}

static void tells_the_usual_ones(void **state)
{
    (void)state;
    static const char *const all[][2] = {
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
         "Gecko) Version/17.0 Mobile/15E148 Safari/604.1",
         "Safari, iPhone"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0",
         "Edge, Windows"},
        {"Mozilla/5.0 (Linux; Android 13; SM-A146B) AppleWebKit/537.36 (KHTML, like Gecko) "
         "SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36",
         "Samsung Internet, Android"},
        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:120.0) Gecko/20100101 Firefox/120.0",
         "Firefox, macOS"},
        {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 "
         "Safari/537.36",
         "Chrome, Linux"},
        {"something else on Windows", "Windows"}};
    struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        assert_true(str_eqz(device_of(a, str_from(all[i][0])), all[i][1]));
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_the_header_is_kept),
        cmocka_unit_test(tells_the_usual_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
