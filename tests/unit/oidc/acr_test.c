/* oidc/acr: two dimensions, never lowered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/arena.h"
#include "oidc/acr.h"

static void refuses_what_is_not_ours(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "1",
                                      "urn:authd:acr:",
                                      "urn:authd:acr:3:1",
                                      "urn:authd:acr:0:0",
                                      "urn:authd:acr:1:5",
                                      "urn:authd:acr:1:11",
                                      "urn:authd:acr:1-1",
                                      "URN:authd:acr:1:1",
                                      "urn:authd:acr:-1:1"};
    struct levels l;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(acr_read(str_from(bad[i]), &l));
        assert_false(acr_meets_one((struct levels){2, 4}, str_from(bad[i])));
    }
}

static void is_met_in_both_dimensions_or_not_at_all(void **state)
{
    (void)state;
    struct levels have = {2, 1};
    assert_false(acr_meets_one(have, STR("urn:authd:acr:2:2")));
    assert_false(acr_meets_one((struct levels){1, 4}, STR("urn:authd:acr:2:1")));
    assert_true(acr_meets_one(have, STR("urn:authd:acr:2:1")));
    assert_true(acr_meets_one(have, STR("urn:authd:acr:2:4 urn:authd:acr:1:1")));
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct levels l;
    assert_true(acr_read(STR("urn:authd:acr:2:3"), &l));
    assert_true(str_eqz(acr_text(a, l), "urn:authd:acr:2:3"));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_not_ours),
        cmocka_unit_test(is_met_in_both_dimensions_or_not_at_all),
        cmocka_unit_test(writes_what_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
