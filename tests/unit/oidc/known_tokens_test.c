/* oidc/known_tokens: what was not verified with this key set is not known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "oidc/known_tokens.h"

static struct known_tokens *k;

static int set_up(void **state)
{
    (void)state;
    k = known_tokens_new();
    return k == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    known_tokens_free(k);
    return 0;
}

/* Tokens whose hashes differ in the given bytes only. */
static struct sha256 token(uint8_t first, uint8_t second, uint8_t last)
{
    return (struct sha256){.b = {[0] = first, [1] = second, [SHA256_SIZE - 1] = last}};
}

static void knows_no_token_that_was_not_added(void **state)
{
    (void)state;
    struct sha256 none = {{0}}, t = token(1, 2, 3);
    assert_false(known_tokens_have(k, 0, &none));
    assert_false(known_tokens_have(k, 1, &t));
    known_tokens_add(k, 1, &t);
    assert_true(known_tokens_have(k, 1, &t));
    t.b[SHA256_SIZE - 1] = 4; /* of the same slot */
    assert_false(known_tokens_have(k, 1, &t));
    assert_false(known_tokens_have(k, 1, &none));
}

/* spec: RFC 9068 §4:signature a key that is gone signs nothing any more */
static void forgets_all_when_the_key_set_changes(void **state)
{
    (void)state;
    struct sha256 t = token(1, 2, 3), other = token(9, 9, 9);
    known_tokens_add(k, 1, &t);
    assert_false(known_tokens_have(k, 2, &t));
    assert_false(known_tokens_have(k, 1, &t)); /* also when the old one comes back */
    known_tokens_add(k, 1, &t);
    known_tokens_add(k, 2, &other);
    assert_false(known_tokens_have(k, 2, &t));
    assert_true(known_tokens_have(k, 2, &other));
}

static void a_newer_token_takes_the_place_of_an_older_one(void **state)
{
    (void)state;
    struct sha256 older = token(5, 5, 1), newer = token(5, 5, 2), elsewhere = token(5, 6, 1);
    known_tokens_add(k, 1, &older);
    known_tokens_add(k, 1, &elsewhere);
    known_tokens_add(k, 1, &newer);
    assert_true(known_tokens_have(k, 1, &newer));
    assert_true(known_tokens_have(k, 1, &elsewhere));
    assert_false(known_tokens_have(k, 1, &older));
}

static void without_memory_nothing_is_known(void **state)
{
    (void)state;
    struct sha256 t = token(1, 2, 3);
    known_tokens_add(NULL, 1, &t);
    assert_false(known_tokens_have(NULL, 1, &t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(knows_no_token_that_was_not_added, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forgets_all_when_the_key_set_changes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_newer_token_takes_the_place_of_an_older_one, set_up,
                                        tear_down),
        cmocka_unit_test(without_memory_nothing_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
