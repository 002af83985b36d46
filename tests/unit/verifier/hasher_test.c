/* spec: NIST SP 800-63B §3.1.1.2:storage
 * Argon2id: the published vector's algorithm, memory that is reused and left wiped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <argon2.h>
#include <cmocka.h>

#include "verifier/hasher.h"

static void leaves_nothing_in_its_memory(void **state)
{
    (void)state;
    struct phc_cost cost = {256, 1, 1};
    struct hasher *h;
    struct sha256 peppered = sha256(STR("x"));
    uint8_t out[PHC_HASH];
    assert_int_equal(hasher_new(&cost, &h), OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(hasher_run(h, &cost, STR("0123456789abcdef"), &peppered, out), OK);
        assert_true(hasher_is_wiped(h));
    }
    assert_int_equal(hasher_runs(h), 3);
    hasher_free(&h);
    assert_null(h);
}

static void agrees_with_the_library_used_plainly(void **state)
{
    (void)state;
    struct phc_cost small = {64, 3, 1}, wide = {512, 2, 4};
    struct hasher *h;
    struct sha256 peppered = sha256(STR("mật khẩu"));
    uint8_t ours[PHC_HASH], theirs[PHC_HASH];
    assert_int_equal(hasher_new(&small, &h), OK);
    const struct phc_cost *costs[] = {&small, &wide, &small}; /* the second needs more memory */
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(hasher_run(h, costs[i], STR("0123456789abcdef"), &peppered, ours), OK);
        assert_int_equal(argon2id_hash_raw(costs[i]->time, costs[i]->memory_kib, costs[i]->lanes,
                                           peppered.b, sizeof(peppered.b), "0123456789abcdef", 16,
                                           theirs, sizeof(theirs)),
                         ARGON2_OK);
        assert_memory_equal(ours, theirs, PHC_HASH);
    }
    hasher_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_nothing_in_its_memory),
        cmocka_unit_test(agrees_with_the_library_used_plainly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
