/* One spelling of e-mail addresses and telephone numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "identity/contact.h"

static void refuses_what_reaches_nobody(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct str out;
    static const char *const mails[] = {"",          "a",        "@b.vn",      "a@",      "a@b",
                                        "a..b@c.vn", ".a@b.vn",  "a b@c.vn",   "a@-b.vn", "a@b..vn",
                                        "a@b.vn.",   "a@b@c.vn", "a@b.vn\r\nx"};
    for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
        assert_int_equal(email_read(a, str_from(mails[i]), &out), ERR_INPUT);
    }
    static const char *const phones[] = {
        "",     "+",          "912345678",         "+0912345678",
        "0912", "09123456x8", "+8491234567890123", "++84912345678"};
    for (size_t i = 0; i < sizeof(phones) / sizeof(phones[0]); i++) {
        assert_int_equal(phone_read(a, str_from(phones[i]), &out), ERR_INPUT);
    }
    arena_free(a);
}

static void one_address_has_one_spelling(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct str out;
    assert_int_equal(email_read(a, STR(" Lan.Tran+x@Example.VN "), &out), OK);
    assert_true(str_eqz(out, "lan.tran+x@example.vn"));
    assert_int_equal(phone_read(a, STR("0912 345.678"), &out), OK);
    assert_true(str_eqz(out, "+84912345678"));
    assert_int_equal(phone_read(a, STR("+84 (91) 234-5678"), &out), OK);
    assert_true(str_eqz(out, "+84912345678"));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_reaches_nobody),
        cmocka_unit_test(one_address_has_one_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
