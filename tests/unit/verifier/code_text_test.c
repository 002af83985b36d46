/* One-time codes as people type them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "verifier/code_text.h"

static void refuses_what_is_no_code(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "7KXM",
        "7KXM-2VQ9-R4TD-8HN",
        "7KXM-2VQ9-R4TD-8HNWW",
        "7KXM-2VQ9-R4TD-8HNU",
        "7KXM-2VQ9-R4TD-8HN!",
        "7KXM_2VQ9_R4TD_8HNW",
        "7KXM-2VQ9-R4TD-8HN\xc3\xa1",
        "- - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -"
        " 7KXM2VQ9R4TD8HNW"};
    struct arena *a = arena_new(0);
    struct str out;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(code_text_read(a, str_from(bad[i]), &out), ERR_INPUT);
    }
    assert_int_equal(code_text_read(a, str_of("7KXM2VQ9R4TD8HN\0", 16), &out), ERR_INPUT);
    arena_free(a);
}

static void understands_how_people_write(void **state)
{
    (void)state;
    static const char *const same[] = {"7KXM-2V09-R41D-8HNW", "7kxm2v09r41d8hnw",
                                       " 7KXM 2VO9 R4ID 8HNW ", "7kxm-2vo9-r4ld-8hnw"};
    struct arena *a = arena_new(0);
    struct str out;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_int_equal(code_text_read(a, str_from(same[i]), &out), OK);
        assert_true(str_eqz(out, "7KXM2V09R41D8HNW"));
    }
    arena_free(a);
}

static void reads_what_it_makes_and_never_makes_the_same(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct str seen[200], plain;
    for (size_t i = 0; i < 200; i++) {
        seen[i] = code_text_make(a);
        assert_int_equal(seen[i].n, CODE_CHARACTERS + 3);
        assert_int_equal(code_text_read(a, seen[i], &plain), OK);
        assert_int_equal(plain.n, CODE_CHARACTERS);
        for (size_t k = 0; k < i; k++) {
            assert_false(str_eq(seen[i], seen[k]));
        }
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_no_code),
        cmocka_unit_test(understands_how_people_write),
        cmocka_unit_test(reads_what_it_makes_and_never_makes_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
