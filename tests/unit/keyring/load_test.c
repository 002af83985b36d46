/* What signers are told, and what not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/arena.h"
#include "keyring/keyring.h"

#define NOW 1000000000LL
#define DAY 86400LL

static struct keystore_row row(const char *kid, const char *state, bool sealed)
{
    return (struct keystore_row){.kid = str_from(kid),
                                 .use = STR("sign"),
                                 .alg = STR("ES256"),
                                 .state = str_from(state),
                                 .public_jwk = STR("{}"),
                                 .sealed = sealed ? STR("sealed") : STR_NONE,
                                 .version = 1};
}

static void revoked_keys_are_told_by_name_only_and_not_for_ever(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct keystore_row rows[] = {row("a", "active", true), row("b", "revoked", true),
                                  row("c", "revoked", false)};
    rows[1].revoked_at = NOW - 10;
    rows[2].revoked_at = NOW - 100 * DAY;
    struct keyring ring = {.rows = rows, .n = 3, .generation = 9, .now_ms = NOW * 1000};
    struct signer_load_keys out;
    keyring_load_message(a, &ring, -20, &out);
    assert_int_equal(out.generation, 9);
    assert_int_equal(out.clock_lead_ms, -20);
    assert_int_equal(out.n_rows, 2);
    assert_true(str_eqz(out.rows[1].kid, "b"));
    assert_false(str_is(out.rows[1].sealed));
    assert_false(str_is(out.rows[1].public_jwk));
    arena_free(a);
}

static void the_message_fits_a_frame_after_years_of_rotations(void **state)
{
    (void)state;
    enum { MANY = 4000 };
    struct arena *a = arena_new(0);
    struct keystore_row *rows = arena_array(a, MANY, sizeof *rows);
    char *jwk = arena_alloc(a, 420); /* an RSA key's public part */
    memset(jwk, 'x', 420);
    for (size_t i = 0; i < MANY; i++) {
        rows[i] = row("0123456789abcdef", i < MANY / 2 ? "retired" : "revoked", false);
        rows[i].public_jwk = str_of(jwk, 420);
        rows[i].revoked_at = NOW - 91 * DAY;
    }
    struct keyring ring = {.rows = rows, .n = MANY, .generation = 1, .now_ms = NOW * 1000};
    struct signer_load_keys out;
    keyring_load_message(a, &ring, 0, &out);
    struct buf b = buf_in(a);
    put_signer_load_keys(&b, &out);
    assert_true(out.n_rows > 0);
    assert_true(buf_str(&b).n < FRAME_MESSAGE_MAX / 2);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(revoked_keys_are_told_by_name_only_and_not_for_ever),
        cmocka_unit_test(the_message_fits_a_frame_after_years_of_rotations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
