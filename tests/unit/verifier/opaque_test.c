/* Passwords as text: OpaqueString of RFC 8265. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "verifier/opaque.h"

/* spec: RFC 8265 §4.2.1 */
static void refuses_what_can_not_be_seen(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct str out = STR_NONE;
    static const char *const bad[] = {"",
                                      "a\tb",
                                      "a\nb",
                                      "a\x7f",
                                      "\xc2\x85",
                                      "zero\xe2\x80\x8bwidth",
                                      "rtl\xe2\x80\xae",
                                      "\xff",
                                      "\xed\xa0\x80",
                                      "\xef\xbf\xbf",
                                      "soft\xc2\xadhyphen",
                                      "private\xee\x80\x80"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(password_normalise(a, str_from(bad[i]), &out), ERR_INPUT);
    }
    assert_int_equal(password_normalise(a, str_of("a\0b", 3), &out), ERR_INPUT);
    /* spec: NIST SP 800-63B §3.1.1.2:whole refused rather than cut off */
    char many[PASSWORD_LENGTH_MAX + 1];
    memset(many, 'a', sizeof(many));
    assert_int_equal(password_normalise(a, str_of(many, sizeof(many)), &out), ERR_INPUT);
    assert_null(out.p);
    assert_int_equal(password_normalise(a, str_of(many, sizeof(many) - 1), &out), OK);
    arena_free(a);
}

/* spec: RFC 8265 §4.2.2 spaces mapped, NFC applied, case and width kept */
static void two_keyboards_give_one_password(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct str composed, decomposed;
    assert_int_equal(password_normalise(a, STR("m\xe1\xba\xadt kh\xe1\xba\xa9u"), &composed), OK);
    assert_int_equal(
        password_normalise(a, STR("ma\xcc\xa3\xcc\x82t\xc2\xa0kha\xcc\x82\xcc\x89u"), &decomposed),
        OK);
    assert_true(str_eq(composed, decomposed));
    assert_int_equal(password_normalise(a, STR(" Abc "), &composed), OK);
    assert_true(str_eqz(composed, " Abc "));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_can_not_be_seen),
        cmocka_unit_test(two_keyboards_give_one_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
