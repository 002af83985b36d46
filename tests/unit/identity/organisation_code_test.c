/* Codes of enterprises, branches and agencies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "identity/organisation_code.h"

static void refuses_codes_of_no_form(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    static const char *const bad[] = {
        "",      "0101248142", "010124814", "0101248141-01", "0101248142-001",     "G",
        "G1.01", "G01.",       "G01.1",     "1G01.01",       "G01.01.01.01.01.01", "G01..01"};
    enum organisation_kind kind;
    struct str code;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(organisation_code_read(a, str_from(bad[i]), &kind, &code), ERR_INPUT);
    }
    arena_free(a);
}

static void knows_the_three_forms(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    static const struct {
        const char *given, *code;
        enum organisation_kind kind;
    } good[] = {
        {"0101248141", "0101248141", ORGANISATION_ENTERPRISE},
        {" 0101248141-001 ", "0101248141-001", ORGANISATION_BRANCH},
        {"g01.23.45", "G01.23.45", ORGANISATION_AGENCY},
        {"H29", "H29", ORGANISATION_AGENCY},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        enum organisation_kind kind;
        struct str code;
        assert_int_equal(organisation_code_read(a, str_from(good[i].given), &kind, &code), OK);
        assert_true(str_eqz(code, good[i].code));
        assert_int_equal(kind, good[i].kind);
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_codes_of_no_form),
        cmocka_unit_test(knows_the_three_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
