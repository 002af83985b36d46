/* First keys. */
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

static struct config config = {
    .access_token_lifetime_s = 300,
    .id_token_lifetime_s = 600,
    .jwks_max_age_s = 30,
    .key_publish_min_s = 35,
    .key_rotation_days = 90,
};

static void a_key_lives_in_the_set_as_long_as_the_longest_token(void **state)
{
    (void)state;
    struct rotate_policy policy;
    keyring_policy(&config, &policy);
    assert_int_equal(policy.token_lifetime_s, 600);
    assert_int_equal(policy.jwks_max_age_s, 30);
    assert_int_equal(policy.publish_min_s, 35);
    assert_int_equal(policy.n_algs, 4);
}

static void an_empty_store_needs_a_key_of_each_use(void **state)
{
    (void)state;
    static const char *const uses[] = {"root",   "subject", "proof", "pepper",
                                       "lookup", "handle",  "audit", "sign"};
    struct arena *a = arena_new(0);
    struct keyring ring = {.now_ms = 1000000};
    struct rotate_policy policy;
    struct rotate_plan plan;
    keyring_policy(&config, &policy);
    assert_int_equal(keyring_missing(a, &ring, &policy, &plan), OK);
    for (size_t u = 0; u < sizeof uses / sizeof uses[0]; u++) {
        size_t active = 0;
        for (size_t i = 0; i < plan.n; i++) {
            assert_int_equal(plan.actions[i].verb, ROTATE_GENERATE);
            active += str_eqz(plan.actions[i].use, uses[u]) && plan.actions[i].state == KEY_ACTIVE;
        }
        assert_int_equal(active, strcmp(uses[u], "sign") ? 1 : policy.n_algs);
    }
    arena_free(a);
}

static void a_store_with_all_uses_needs_nothing_before_it_is_loaded(void **state)
{
    (void)state;
    static const char *const uses[] = {"root",   "subject", "proof", "pepper",
                                       "lookup", "handle",  "audit", "sign"};
    struct arena *a = arena_new(0);
    struct keystore_row rows[8] = {0};
    for (size_t i = 0; i < 8; i++) {
        rows[i] = (struct keystore_row){
            .kid = str_from(uses[i]), .use = str_from(uses[i]), .state = STR("active")};
    }
    struct keyring ring = {.rows = rows, .n = 8, .now_ms = 1000000};
    struct rotate_policy policy;
    struct rotate_plan plan = {.n = 77};
    keyring_policy(&config, &policy);
    assert_int_equal(keyring_missing(a, &ring, &policy, &plan), OK);
    assert_int_equal(plan.n, 0);
    arena_free(a);
}

static void refuses_to_make_again_what_must_be_restored(void **state)
{
    (void)state;
    static const char *const uses[] = {"root",   "subject", "pepper", "lookup",
                                       "handle", "proof",   "audit",  "sign"};
    struct rotate_policy policy;
    keyring_policy(&config, &policy);
    for (size_t lost = 0; lost < 8; lost++) {
        struct arena *a = arena_new(0);
        struct keystore_row rows[7] = {0};
        size_t n = 0;
        for (size_t i = 0; i < 8; i++) {
            if (i != lost) {
                rows[n++] = (struct keystore_row){
                    .kid = str_from(uses[i]), .use = str_from(uses[i]), .state = STR("active")};
            }
        }
        struct keyring ring = {.rows = rows, .n = n, .now_ms = 1000000};
        struct rotate_plan plan;
        enum err e = keyring_missing(a, &ring, &policy, &plan);
        assert_int_equal(e, lost < 4 ? ERR_CONFLICT : OK);
        if (e != OK) {
            assert_non_null(strstr(err_reason(), uses[lost]));
            assert_non_null(strstr(err_reason(), "restore"));
        }
        arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_lives_in_the_set_as_long_as_the_longest_token),
        cmocka_unit_test(refuses_to_make_again_what_must_be_restored),
        cmocka_unit_test(an_empty_store_needs_a_key_of_each_use),
        cmocka_unit_test(a_store_with_all_uses_needs_nothing_before_it_is_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
