/* oidc/party_cache: a registration is parsed again when its row has another version, and what a
 * request holds stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/arena.h"
#include "oidc/party_cache.h"

static struct arena *a;
static struct app app;

static int set_up(void **state)
{
    (void)state;
    app = (struct app){.db = NULL};
    a = arena_new(0);
    return a == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(a);
    party_cache_free(&app);
    return 0;
}

static struct client_row row(const char *id, uint64_t version, const char *metadata)
{
    return (struct client_row){
        .id = str_from(id), .version = version, .metadata = str_from(metadata), .active = true};
}

static void refuses_metadata_that_are_damaged_and_keeps_nothing_of_them(void **state)
{
    (void)state;
    struct client c;
    struct client_row bad = row("portal", 1, "{\"client_name\":");
    assert_int_equal(party_client(a, &app, &bad, &c), ERR_INTERNAL);
    struct client_row good = row("portal", 1, "{\"client_name\":\"Portal\"}");
    assert_int_equal(party_client(a, &app, &good, &c), OK);
    assert_true(str_eqz(c.name, "Portal"));
}

static void another_version_is_parsed_again(void **state)
{
    (void)state;
    struct client before, after;
    struct client_row first = row("portal", 7, "{\"client_name\":\"Before\"}");
    struct client_row second = row("portal", 8, "{\"client_name\":\"After\"}");
    assert_int_equal(party_client(a, &app, &first, &before), OK);
    assert_int_equal(party_client(a, &app, &second, &after), OK);
    assert_true(str_eqz(after.name, "After"));
    assert_true(str_eqz(before.name, "Before")); /* still held by this request */
}

static void clients_that_share_a_slot_are_not_mistaken_for_each_other(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3 * PARTY_CACHE_MAX; i++) {
            struct client c;
            struct str id = str_fmt(a, "client-%d", i);
            struct client_row one = row(str_z(a, id), 1, "{}");
            one.metadata = str_fmt(a, "{\"client_name\":\"name of %d\"}", i);
            assert_int_equal(party_client(a, &app, &one, &c), OK);
            assert_true(str_eq(c.id, id));
            assert_true(str_eq(c.name, str_fmt(a, "name of %d", i)));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refuses_metadata_that_are_damaged_and_keeps_nothing_of_them,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_version_is_parsed_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(clients_that_share_a_slot_are_not_mistaken_for_each_other,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
