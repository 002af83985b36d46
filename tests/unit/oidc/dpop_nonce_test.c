/* oidc/dpop_nonce: nonces that any web process knows again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/arena.h"
#include "oidc/dpop_nonce.h"

#define NOW ((int64_t)1800000000) /* the beginning of a window */

static const uint8_t key[DPOP_NONCE_KEY_SIZE] = {7}, other[DPOP_NONCE_KEY_SIZE] = {8};

/* spec: RFC 9449 §8:header */
static void refuses_old_foreign_and_changed_nonces(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct str n = dpop_nonce_text(a, key, NOW);
    assert_false(dpop_nonce_good(a, other, n, NOW));
    assert_false(dpop_nonce_good(a, key, n, NOW + 2 * DPOP_NONCE_WINDOW_S));
    assert_false(dpop_nonce_good(a, key, n, NOW - 2 * DPOP_NONCE_WINDOW_S));
    assert_false(dpop_nonce_good(a, key, STR(""), NOW));
    assert_false(dpop_nonce_good(a, key, STR_NONE, NOW));
    assert_false(dpop_nonce_good(a, key, str_of(n.p, n.n - 1), NOW));
    assert_false(dpop_nonce_good(a, key, str_fmt(a, "%.*sA", STR_FMT(n)), NOW));
    char *changed = str_z(a, n);
    changed[3] = changed[3] == 'A' ? 'B' : 'A';
    assert_false(dpop_nonce_good(a, key, str_from(changed), NOW));
    arena_free(a);
}

static void knows_a_nonce_again_for_at_least_one_window(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct str n = dpop_nonce_text(a, key, NOW);
    assert_int_equal(n.n, 22);
    assert_true(str_eq(n, dpop_nonce_text(a, key, NOW + DPOP_NONCE_WINDOW_S - 1)));
    assert_false(str_eq(n, dpop_nonce_text(a, key, NOW + DPOP_NONCE_WINDOW_S)));
    assert_true(dpop_nonce_good(a, key, n, NOW));
    assert_true(dpop_nonce_good(a, key, n, NOW + 2 * DPOP_NONCE_WINDOW_S - 1));
    assert_true(dpop_nonce_good(a, key, n, NOW - 1)); /* another node's clock is ahead */
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_old_foreign_and_changed_nonces),
        cmocka_unit_test(knows_a_nonce_again_for_at_least_one_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
