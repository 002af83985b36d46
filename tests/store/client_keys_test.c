/* Keys behind clients' jwks_uri: rows follow registrations, wishes have a pause, an attempt counts
 * for the address it was made at. */
#include "fixture.h"
#include "people.h"
#include "store/client.h"
#include "store/client_keys.h"

#define ONE "{\"jwks_uri\":\"https://rp.example/one\"}"
#define TWO "{\"jwks_uri\":\"https://rp.example/two\"}"

static enum err registered(struct task *t, struct str id, const char *metadata)
{
    struct audit audit = audit_of(t, AUDIT_CLIENT_UPDATED);
    struct client_row row = {.id = id,
                             .active = true,
                             .metadata = str_from(metadata),
                             .authentication_level_floor = 1,
                             .sector = STR("rp.example")};
    enum err e = store_client_update(t, admin(t), &row, &audit);
    return e == ERR_NOT_FOUND ? store_client_create(t, admin(t), &row, NULL, &audit) : e;
}

/* The claimed row of this client; NULL when it was not due. */
static const struct client_keys_due *claimed(struct task *t, struct str id)
{
    struct client_keys_due *due;
    size_t n;
    if (store_client_keys_claim(t, courier(t), 100, 60, &due, &n) != OK) {
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        if (str_eq(due[i].client_id, id)) {
            return &due[i];
        }
    }
    return NULL;
}

static void other_address(struct task *t, void *arg)
{
    (void)arg;
    struct str id = random_name(t, "moves");
    struct client_keys_row row;
    struct audit audit = audit_of(t, AUDIT_CLIENT_KEYS);
    CHECK_OK(registered(t, id, ONE));
    const struct client_keys_due *first = claimed(t, id);
    CHECK(first != NULL);
    CHECK_OK(registered(t, id, TWO));
    /* what was fetched at the old address comes too late */
    CHECK_ERR(
        store_client_keys_settle(t, courier(t), first, STR("{\"old\":1}"), STR_NONE, 600, &audit),
        ERR_NOT_FOUND);
    CHECK_OK(store_client_keys_find(t, web(t), id, &row));
    CHECK(row.jwks.p == NULL);
    const struct client_keys_due *second = claimed(t, id);
    CHECK(second != NULL && str_eqz(second->uri, "https://rp.example/two"));
    CHECK_OK(
        store_client_keys_settle(t, courier(t), second, STR("{\"new\":1}"), STR_NONE, 600, &audit));
    CHECK_OK(registered(t, id, "{\"client_name\":\"x\"}"));
    CHECK_ERR(store_client_keys_find(t, web(t), id, &row), ERR_NOT_FOUND);
}

static void an_attempt_counts_for_its_own_address(void **state)
{
    (void)state;
    run(other_address);
}

static void wishes(struct task *t, void *arg)
{
    (void)arg;
    struct str id = random_name(t, "wishes");
    struct client_keys_row row;
    CHECK_OK(registered(t, id, ONE));
    const struct client_keys_due *due = claimed(t, id);
    CHECK(due != NULL && claimed(t, id) == NULL); /* under lease */
    CHECK_OK(
        store_client_keys_settle(t, courier(t), due, STR("{\"keys\":1}"), STR_NONE, 600, NULL));
    CHECK_OK(store_client_keys_find(t, web(t), id, &row));
    CHECK(row.settled && str_eqz(row.jwks, "{\"keys\":1}"));
    CHECK_OK(store_client_keys_want(t, web(t), id, 60));
    CHECK_OK(store_client_keys_find(t, web(t), id, &row));
    CHECK(!row.settled);
    due = claimed(t, id);
    CHECK(due != NULL);
    CHECK_OK(store_client_keys_settle(t, courier(t), due, STR_NONE, STR("away"), 60, NULL));
    CHECK_OK(store_client_keys_find(t, web(t), id, &row));
    CHECK(row.settled && str_eqz(row.jwks, "{\"keys\":1}")); /* those at hand stay */
    CHECK_OK(store_client_keys_want(t, web(t), id, 60));
    CHECK_OK(store_client_keys_find(t, web(t), id, &row));
    CHECK(row.settled && claimed(t, id) == NULL); /* wished too soon */
}

static void wishes_have_a_pause_and_failures_keep_the_keys_at_hand(void **state)
{
    (void)state;
    run(wishes);
}

static void disabled(struct task *t, void *arg)
{
    (void)arg;
    struct str id = random_name(t, "disabled");
    struct audit audit = audit_of(t, AUDIT_CLIENT_DISABLED);
    CHECK_OK(registered(t, id, ONE));
    CHECK_OK(store_client_disable(t, admin(t), id, &audit));
    CHECK(claimed(t, id) == NULL);
}

static void nothing_is_fetched_for_a_disabled_client(void **state)
{
    (void)state;
    run(disabled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_attempt_counts_for_its_own_address),
        cmocka_unit_test(nothing_is_fetched_for_a_disabled_client),
        cmocka_unit_test(wishes_have_a_pause_and_failures_keep_the_keys_at_hand),
    };
    return cmocka_run_group_tests(tests, world_open, world_close);
}
