/* Who may command, and what the audit calls them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin/operator.h"
#include "base/arena.h"

static void refuses_strangers(void **state)
{
    (void)state;
    assert_false(operator_is_allowed(1000, 998));
    assert_false(operator_is_allowed((uid_t)-1, 998));
    assert_true(operator_is_allowed(0, 998));
    assert_true(operator_is_allowed(998, 998));
}

static void refuses_another_key_and_none(void **state)
{
    (void)state;
    assert_int_equal(operator_key_check(STR("abc"), STR_NONE), ERR_DENIED);
    assert_int_equal(operator_key_check(STR("abc"), STR("")), ERR_DENIED);
    assert_int_equal(operator_key_check(STR("abc"), STR("ab")), ERR_DENIED);
    assert_int_equal(operator_key_check(STR("abc"), STR("abd")), ERR_DENIED);
    assert_int_equal(operator_key_check(STR("abc"), STR("abcd")), ERR_DENIED);
    assert_int_equal(operator_key_check(STR(""), STR("")), ERR_DENIED); /* none was given to us */
    assert_int_equal(operator_key_check(STR_NONE, STR_NONE), ERR_DENIED);
    assert_int_equal(operator_key_check(STR("abc"), STR("abc")), OK);
}

static void refuses_what_is_not_a_local_socket(void **state)
{
    (void)state;
    int ends[2];
    uid_t uid = 4711;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(operator_of_socket(ends[0], &uid), ERR_DENIED);
    assert_int_equal(uid, 4711);
    close(ends[0]);
    close(ends[1]);
}

static void believes_the_kernel(void **state)
{
    (void)state;
    int ends[2];
    uid_t uid = 4711;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(operator_of_socket(ends[0], &uid), OK);
    assert_int_equal(uid, geteuid());
    close(ends[0]);
    close(ends[1]);
}

static void keeps_a_claim_apart_and_only_if_it_is_a_plain_name(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    operator_names_load();
    struct str alone = operator_text(a, 0, STR_NONE);
    assert_true(str_is(alone));
    assert_true(str_eq(operator_text(a, 0, alone), alone));
    assert_true(str_ends(operator_text(a, 0, STR("anh")), STR(" for anh")));
    assert_true(str_eq(operator_text(a, 0, STR("a b")), alone));
    assert_true(str_eq(operator_text(a, 0, STR("a\nb")), alone));
    assert_true(str_eq(operator_text(a, 0, STR("")), alone));
    assert_true(str_eq(operator_text(a, 0,
                                     STR("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                                         "xxxxxxxxxxxxxxxxxxxxxxx")),
                       alone));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_strangers),
        cmocka_unit_test(refuses_another_key_and_none),
        cmocka_unit_test(refuses_what_is_not_a_local_socket),
        cmocka_unit_test(believes_the_kernel),
        cmocka_unit_test(keeps_a_claim_apart_and_only_if_it_is_a_plain_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
