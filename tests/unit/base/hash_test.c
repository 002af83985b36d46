/* base/hash, rand, ct, clock and err: published vectors and promises of the headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/arena.h"
#include "base/b64.h"
#include "base/clock.h"
#include "base/ct.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/rand.h"

static void assert_hex(const unsigned char *bytes, const char *hex)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; hex[i] != '\0'; i++) {
        unsigned v = i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15u;
        assert_int_equal(hex[i], digits[v]);
    }
}

static void digests_match_fips_180_and_rfc_4231(void **state)
{
    (void)state;
    struct sha256 h = sha256(STR("abc"));
    assert_hex(h.b, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    h = sha256(STR(""));
    assert_hex(h.b, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    h = hmac_sha256("Jefe", 4, STR("what do ya want for nothing?"));
    assert_hex(h.b, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_int_equal(sha256_str(&h).n, 32);
}

static void hkdf_matches_rfc_5869_case_3(void **state)
{
    (void)state;
    unsigned char key[22];
    memset(key, 0x0b, sizeof(key));
    unsigned char out[42];
    hkdf_sha256(key, sizeof(key), STR(""), out, sizeof(out));
    assert_hex(out, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
                    "9d201395faa4b61a96c8");
}

static void random_numbers_stay_below_their_bound(void **state)
{
    (void)state;
    unsigned seen = 0;
    for (int i = 0; i < 2000; i++) {
        uint32_t v = rand_below(7);
        assert_true(v < 7);
        seen |= 1u << v;
    }
    assert_int_equal(seen, 0x7f);
    assert_int_equal(rand_below(1), 0);
    assert_int_equal(rand_below(0), 0);
    struct arena *a = arena_new(0);
    struct str one = rand_b64(a, 32);
    assert_int_equal(one.n, 43);
    assert_false(str_eq(one, rand_b64(a, 32)));
    arena_free(a);
}

static void compares_in_constant_time_functions_correctly(void **state)
{
    (void)state;
    assert_true(ct_str_equal(STR("abc"), STR("abc")));
    assert_false(ct_str_equal(STR("abc"), STR("abd")));
    assert_false(ct_str_equal(STR("abc"), STR("ab")));
    assert_true(ct_str_equal(STR_NONE, STR("")));
    char text[4] = "abc";
    ct_wipe(text, sizeof(text));
    assert_memory_equal(text, "\0\0\0\0", 4);
}

static void time_can_be_shifted(void **state)
{
    (void)state;
    int64_t before = clock_now_s();
    int64_t mono = clock_mono_ms();
    clock_shift_s(3600);
    assert_in_range(clock_now_s() - before, 3600, 3605);
    assert_in_range(clock_mono_ms() - mono, 0, 5000);
    clock_shift_s(0);
    assert_in_range(clock_now_s() - before, 0, 5);
}

static enum err refuse(void)
{
    return fail(ERR_DENIED, "reason %d", 1);
}

static enum err pass_on(void)
{
    TRY(refuse());
    return OK;
}

static void the_last_reason_is_kept(void **state)
{
    (void)state;
    err_clear();
    assert_string_equal(err_reason(), "");
    assert_int_equal(pass_on(), ERR_DENIED);
    assert_string_equal(err_reason(), "reason 1");
    assert_non_null(strstr(err_place(), "hash_test.c:"));
    assert_int_equal(fail(ERR_AUTH, "again: %s", err_reason()), ERR_AUTH);
    assert_string_equal(err_reason(), "again: reason 1");
    assert_string_equal(err_name(ERR_NOT_FOUND), "not_found");
    assert_true(err_is_ours(ERR_NO_MEMORY) && err_is_ours(ERR_CRYPTO) && err_is_ours(ERR_TIMEOUT));
    assert_false(err_is_ours(OK) || err_is_ours(ERR_AUTH) || err_is_ours(ERR_LIMIT));
    assert_string_equal(err_name((enum err)99), "unknown");
    for (int e = 0; e < ERR_COUNT; e++) {
        assert_non_null(err_name((enum err)e));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_match_fips_180_and_rfc_4231),
        cmocka_unit_test(hkdf_matches_rfc_5869_case_3),
        cmocka_unit_test(random_numbers_stay_below_their_bound),
        cmocka_unit_test(compares_in_constant_time_functions_correctly),
        cmocka_unit_test(time_can_be_shifted),
        cmocka_unit_test(the_last_reason_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
