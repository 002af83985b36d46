/* The table of processes keeps what docs/architecture.md promises of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "proc/sandbox.h"
#include "process/plumbing.h"

static bool may(enum role role, unsigned right)
{
    return (plumbing_role(role)->rights & right) != 0;
}

static void only_the_courier_connects_outward_or_reads_files(void **state)
{
    (void)state;
    for (int r = ROLE_WEB; r < ROLE_COUNT; r++) {
        bool courier = r == ROLE_COURIER;
        assert_int_equal(may((enum role)r, SANDBOX_CONNECT_INET), courier);
        assert_int_equal(may((enum role)r, SANDBOX_READ_SYSTEM), courier);
        assert_int_equal(plumbing_role((enum role)r)->network, courier);
    }
}

static void only_web_and_admin_accept_connections(void **state)
{
    (void)state;
    for (int r = ROLE_WEB; r < ROLE_COUNT; r++) {
        assert_int_equal(may((enum role)r, SANDBOX_ACCEPT), r == ROLE_WEB || r == ROLE_ADMIN);
    }
}

static void a_signer_has_no_database_no_socket_and_no_files(void **state)
{
    (void)state;
    struct config c = {0};
    assert_int_equal(plumbing_role(ROLE_SIGNER)->rights, 0);
    assert_true(plumbing_role(ROLE_SIGNER)->empty_root);
    assert_null(plumbing_database(&c, ROLE_SIGNER));
    assert_null(plumbing_database(&c, ROLE_PARENT));
}

static void every_role_has_its_own_database_role(void **state)
{
    (void)state;
    struct config c = {0};
    for (int a = ROLE_WEB; a < ROLE_COUNT; a++) {
        for (int b = ROLE_WEB; b < a; b++) {
            const struct config_role *one = plumbing_database(&c, (enum role)a);
            assert_true(one == NULL || one != plumbing_database(&c, (enum role)b));
        }
    }
}

static void nobody_calls_web_but_admin_and_servers_call_nobody(void **state)
{
    (void)state;
    size_t n;
    const struct link_plan *links = plumbing_links(&n);
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++) {
        assert_true(links[i].from != ROLE_SIGNER && links[i].from != ROLE_VERIFIER);
        assert_true(links[i].to != ROLE_WEB || links[i].from == ROLE_ADMIN);
        assert_true(links[i].as != CHANNEL_PARENT); /* nobody passes for the parent */
        for (size_t k = 0; k < i; k++) {
            assert_true(links[i].from == links[k].from || links[i].as != links[k].as);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_courier_connects_outward_or_reads_files),
        cmocka_unit_test(only_web_and_admin_accept_connections),
        cmocka_unit_test(a_signer_has_no_database_no_socket_and_no_files),
        cmocka_unit_test(every_role_has_its_own_database_role),
        cmocka_unit_test(nobody_calls_web_but_admin_and_servers_call_nobody),
    };
    return cmocka_run_group_tests_name("plumbing", tests, NULL, NULL);
}
