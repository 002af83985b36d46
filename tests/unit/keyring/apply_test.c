/* From a plan to rows. */
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

#define NOW 1000000

static struct keystore_row row(const char *kid, const char *use, const char *state,
                               uint32_t version)
{
    return (struct keystore_row){.kid = str_from(kid),
                                 .use = str_from(use),
                                 .alg = str_eqz(str_from(use), "sign") ? STR("ES256") : STR(""),
                                 .state = str_from(state),
                                 .sealed = STR("sealed"),
                                 .public_jwk = STR("{}"),
                                 .version = version,
                                 .created_at = NOW - 100};
}

static void refuses_a_plan_about_a_key_that_is_not_there(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct keyring ring = {.now_ms = NOW * 1000LL};
    struct rotate_action action = {.verb = ROTATE_RETIRE, .kid = STR("x")};
    struct rotate_plan plan = {.actions = &action, .n = 1};
    struct keystore_row *out = NULL;
    size_t n = 0;
    assert_int_equal(keyring_changes(a, &ring, &plan, NULL, &out, &n), ERR_INTERNAL);
    assert_null(out);
    arena_free(a);
}

static void two_actions_on_one_key_are_one_row(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct keystore_row rows[] = {row("a", "sign", "active", 1), row("b", "sign", "next", 1)};
    struct keyring ring = {.rows = rows, .n = 2, .now_ms = NOW * 1000LL};
    struct rotate_action actions[] = {
        {.verb = ROTATE_PUBLISH, .kid = STR("b"), .at = NOW},
        {.verb = ROTATE_RETIRING, .kid = STR("a"), .at = NOW, .until = NOW + 300},
        {.verb = ROTATE_ACTIVATE, .kid = STR("b"), .at = NOW + 1},
    };
    struct rotate_plan plan = {.actions = actions, .n = 3};
    struct keystore_row *out;
    size_t n;
    assert_int_equal(keyring_changes(a, &ring, &plan, NULL, &out, &n), OK);
    assert_int_equal(n, 2);
    assert_true(str_eqz(out[0].kid, "b") && str_eqz(out[0].state, "active"));
    assert_int_equal(out[0].published_at, NOW);
    assert_int_equal(out[0].activated_at, NOW + 1);
    assert_true(str_eqz(out[1].state, "retiring"));
    assert_int_equal(out[1].retired_at, NOW);
    assert_int_equal(out[1].unpublish_at, NOW + 300);
    assert_true(str_eqz(rows[1].state, "next")); /* what was read stays as it was */
    arena_free(a);
}

static void revoking_and_retiring_destroy_the_private_part(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct keystore_row rows[] = {row("a", "sign", "active", 1), row("b", "sign", "retiring", 1)};
    struct keyring ring = {.rows = rows, .n = 2, .now_ms = NOW * 1000LL};
    struct rotate_action actions[] = {{.verb = ROTATE_REVOKE, .kid = STR("a"), .at = NOW},
                                      {.verb = ROTATE_RETIRE, .kid = STR("b"), .at = NOW}};
    struct rotate_plan plan = {.actions = actions, .n = 2};
    struct keystore_row *out;
    size_t n;
    assert_int_equal(keyring_changes(a, &ring, &plan, NULL, &out, &n), OK);
    assert_true(str_eqz(out[0].state, "revoked") && out[0].revoked_at == NOW);
    assert_false(str_is(out[0].sealed));
    assert_true(str_eqz(out[1].state, "retired"));
    assert_false(str_is(out[1].sealed));
    assert_true(str_is(out[1].public_jwk)); /* old signatures can be verified as of their date */
    arena_free(a);
}

static void new_peppers_get_new_numbers(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct keystore_row rows[] = {row("p", "pepper", "active", 3)};
    struct keyring ring = {.rows = rows, .n = 1, .now_ms = NOW * 1000LL};
    struct rotate_action actions[] = {
        {.verb = ROTATE_GENERATE, .use = STR("pepper"), .alg = STR(""), .state = KEY_NEXT},
        {.verb = ROTATE_GENERATE, .use = STR("sign"), .alg = STR("ES256"), .state = KEY_ACTIVE}};
    struct signer_generated_key made[] = {{STR("k1"), STR_NONE, STR("s1")},
                                          {STR("k2"), STR("{}"), STR("s2")}};
    struct rotate_plan plan = {.actions = actions, .n = 2};
    struct keystore_row *out;
    size_t n;
    assert_int_equal(keyring_changes(a, &ring, &plan, made, &out, &n), OK);
    assert_int_equal(n, 2);
    assert_int_equal(out[0].version, 4);
    assert_int_equal(out[0].activated_at, 0);
    assert_int_equal(out[1].version, 1);
    assert_int_equal(out[1].activated_at, NOW);
    assert_true(str_eqz(out[1].kid, "k2"));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_plan_about_a_key_that_is_not_there),
        cmocka_unit_test(two_actions_on_one_key_are_one_row),
        cmocka_unit_test(revoking_and_retiring_destroy_the_private_part),
        cmocka_unit_test(new_peppers_get_new_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
