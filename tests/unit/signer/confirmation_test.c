/* signer/confirmation: what a chain of tokens stays bound to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "signer/confirmation.h"

#define K "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
#define L "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
#define KEY(k) "{\"jkt\":\"" k "\"}"
#define KEY_ANY(k) "{\"jkt\":\"" k "\",\"any\":true}"
#define ANY "{\"any\":true}"

static void refuses_every_text_that_is_no_confirmation(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "null",
        "\"" K "\"",
        "{\"any\":false}",
        "{\"any\":1}",
        "{\"jkt\":\"\"}",
        "{\"jkt\":7}",
        "{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4\"}",
        "{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4J\"}", /* not canonical */
        "{\"jkt\":\"0ZcOCORZNYy+DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}",
        "{\"jkt\":\"" K "A\"}",
        "{\"jkt\":\"" K "\",\"x5t#S256\":\"" K "\"}",
        "{\"jkt\":\"" K "\",\"jkt\":\"" L "\"}",
        "{\"jkt\":\"" K "\"} x",
    };
    struct confirmation out = {.any_key = false};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (confirmation_read(str_from(bad[i]), &out) == OK) {
            print_error("%s\n", bad[i]);
            assert_true(false);
        }
    }
    assert_false(confirmation_binds(&out)); /* untouched */
}

static void reads_back_what_it_writes(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    static const char *const good[] = {KEY(K), ANY, KEY_ANY(K), NULL};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct confirmation c;
        assert_int_equal(confirmation_read(str_from(good[i]), &c), OK);
        assert_int_equal(confirmation_binds(&c), good[i] != NULL);
        struct str text = confirmation_text(a, &c);
        assert_true(str_eq(text, str_from(good[i])) && (text.p == NULL) == (good[i] == NULL));
    }
    struct confirmation c; /* as PostgreSQL writes jsonb */
    assert_int_equal(confirmation_read(STR("{\"any\": true, \"jkt\": \"" K "\"}"), &c), OK);
    assert_true(str_eqz(confirmation_text(a, &c), KEY_ANY(K)));
    arena_free(a);
}

/* spec: RFC 9449 §5:public, §10:code.  All that can be held and shown, one step each. */
static void goes_on_as_the_table_says(void **state)
{
    (void)state;
    static const struct {
        const char *holds, *shown;
        enum err verdict;
        const char *token, *next;
    } steps[] = {
        /* bound, and no key or another: never a step back */
        {KEY(K), NULL, ERR_AUTH, NULL, NULL},
        {ANY, NULL, ERR_AUTH, NULL, NULL},
        {KEY_ANY(K), NULL, ERR_AUTH, NULL, NULL},
        {KEY(K), KEY(L), ERR_DENIED, NULL, NULL},
        {KEY(K), KEY_ANY(L), ERR_DENIED, NULL, NULL},
        {KEY_ANY(K), KEY_ANY(L), ERR_DENIED, NULL, NULL},
        /* bound to one key: what the asker says of itself loosens nothing */
        {KEY(K), KEY(K), OK, KEY(K), KEY(K)},
        {KEY(K), KEY_ANY(K), OK, KEY(K), KEY(K)},
        /* a client that authenticates */
        {KEY_ANY(K), KEY_ANY(K), OK, KEY(K), ANY},
        {ANY, KEY_ANY(L), OK, KEY(L), ANY},
        {ANY, KEY(L), OK, KEY(L), ANY},
        /* bound for the first time */
        {NULL, KEY(K), OK, KEY(K), KEY(K)},
        {NULL, KEY_ANY(K), OK, KEY(K), ANY},
        {NULL, NULL, OK, NULL, NULL},
        {NULL, ANY, OK, NULL, NULL},
    };
    struct arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct confirmation holds, shown, token, next;
        assert_int_equal(confirmation_read(str_from(steps[i].holds), &holds), OK);
        assert_int_equal(confirmation_read(str_from(steps[i].shown), &shown), OK);
        enum err e = confirmation_step(&holds, &shown, &token, &next);
        bool good = e == steps[i].verdict;
        if (good && e == OK) {
            good = str_eq(confirmation_text(a, &token), str_from(steps[i].token)) &&
                   str_eq(confirmation_text(a, &next), str_from(steps[i].next)) &&
                   confirmation_narrows(str_from(steps[i].holds), confirmation_text(a, &next));
        }
        if (!good) {
            print_error("step %zu\n", i);
            assert_true(false);
        }
    }
    arena_free(a);
}

static void narrows_and_never_widens(void **state)
{
    (void)state;
    static const char *const all[] = {NULL, ANY, KEY(K), KEY(L), KEY_ANY(K), KEY_ANY(L)};
    static const bool may[6][6] = {
        /* parent NULL */ {true, true, true, true, true, true},
        /* ANY */ {false, true, true, true, true, true},
        /* K */ {false, false, true, false, false, false},
        /* L */ {false, false, false, true, false, false},
        /* K, ANY */ {false, true, true, false, true, false},
        /* L, ANY */ {false, true, false, true, false, true},
    };
    for (size_t i = 0; i < 6; i++) {
        for (size_t k = 0; k < 6; k++) {
            if (confirmation_narrows(str_from(all[i]), str_from(all[k])) != may[i][k]) {
                print_error("%zu -> %zu\n", i, k);
                assert_true(false);
            }
        }
    }
    assert_false(confirmation_narrows(STR("{"), STR(KEY(K))));
    assert_false(confirmation_narrows(STR(KEY(K)), STR("{")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_every_text_that_is_no_confirmation),
        cmocka_unit_test(reads_back_what_it_writes),
        cmocka_unit_test(goes_on_as_the_table_says),
        cmocka_unit_test(narrows_and_never_widens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
