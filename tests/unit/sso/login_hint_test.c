/* sso/login_hint: the row tells nothing, the handle everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/arena.h"
#include "sso/login_hint.h"

static struct arena *a;

static int set_up(void **state)
{
    (void)state;
    a = arena_new(0);
    return a == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static void another_handle_reads_nothing(void **state)
{
    (void)state;
    struct handle h;
    struct handle other;
    handle_make(NULL, 7, &h);
    handle_make(NULL, 7, &other);
    struct str sealed = login_hint_seal(a, &h, STR("001099000001"));
    assert_false(str_eqz(login_hint_open(a, &other, sealed), "001099000001"));
    assert_null(memmem(sealed.p, sealed.n, "001099", 6));
    assert_null(login_hint_open(a, &h, STR("not base64url!")).p);
    assert_null(login_hint_open(a, &h, STR_NONE).p);
}

static void a_hint_too_long_is_none(void **state)
{
    (void)state;
    struct handle h;
    char *text = arena_alloc(a, LOGIN_HINT_MAX + 1);
    memset(text, 'x', LOGIN_HINT_MAX + 1);
    handle_make(NULL, 7, &h);
    assert_null(login_hint_seal(a, &h, str_of(text, LOGIN_HINT_MAX + 1)).p);
}

static void the_login_of_a_push_reads_what_the_push_sealed(void **state)
{
    (void)state;
    struct handle push;
    struct handle early;
    struct handle late;
    handle_make(NULL, 4095, &push);
    login_handle_of_push(&push, &early);
    struct str sealed = login_hint_seal(a, &early, STR("an@example.vn"));
    login_handle_of_push(&push, &late);
    assert_true(str_eqz(login_hint_open(a, &late, sealed), "an@example.vn"));
    assert_int_equal(late.bucket, 4095);
    assert_memory_not_equal(late.secret, push.secret, sizeof(late.secret));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(another_handle_reads_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_hint_too_long_is_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_login_of_a_push_reads_what_the_push_sealed, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
