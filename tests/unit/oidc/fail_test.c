/* oidc/fail: every row of the table can be sent as it stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "oidc/fail.h"

/* spec: RFC 6749 §5.2:characters error and error_description: %x20-21 / %x23-5B / %x5D-7E */
static bool may_be_sent(const char *z)
{
    for (; *z != '\0'; z++) {
        if (*z < ' ' || *z > '~' || *z == '"' || *z == '\\') {
            return false;
        }
    }
    return true;
}

static void holds_only_characters_that_may_be_sent(void **state)
{
    (void)state;
    for (int i = 1; i < REFUSAL_COUNT; i++) {
        enum refusal why = (enum refusal)i;
        if (!may_be_sent(refusal_error(why)) || !may_be_sent(refusal_text(why))) {
            print_error("%s\n", refusal_name(why));
            assert_true(false);
        }
        assert_true(strlen(refusal_text(why)) > 10);
    }
}

/* spec: RFC 6749 §5.2:status 400 unless the client could not be authenticated; RFC 6750 §3.1:errors
 */
static void answers_with_the_status_of_its_error(void **state)
{
    (void)state;
    for (int i = 1; i < REFUSAL_COUNT; i++) {
        const char *error = refusal_error((enum refusal)i);
        int status = refusal_status((enum refusal)i);
        bool unauthenticated = strcmp(error, "invalid_client") == 0 ||
                               strcmp(error, "invalid_token") == 0 || error[0] == '\0';
        bool later = strcmp(error, "temporarily_unavailable") == 0;
        int expected = later                                      ? 503
                       : unauthenticated                          ? 401
                       : strcmp(error, "insufficient_scope") == 0 ? 403
                                                                  : 400;
        if (status != expected) {
            print_error("%s: %d\n", refusal_name((enum refusal)i), status);
            assert_true(false);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_only_characters_that_may_be_sent),
        cmocka_unit_test(answers_with_the_status_of_its_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
