/* store/find: keys that are looked for together are one statement, and everybody gets his own row.
 */
#include "fixture.h"
#include "people.h"
#include "store/engine.h"
#include "store/grant.h"

#define GRANTS 40

static struct grant_row grants[GRANTS];

static void add_grants(struct task *t, void *arg)
{
    (void)arg;
    for (int i = 0; i < GRANTS; i++) {
        struct handle code;
        CHECK_OK(grant_add(t, &logged_in.session, CLIENT, false, &code, &grants[i]));
    }
}

static int open_with_grants(void **state)
{
    if (open_with_session(state) != 0) {
        return -1;
    }
    start(add_grants, NULL);
    loop_run(world.loop);
    return checks_failed;
}

static int found, missed;

static void look(struct task *t, void *arg)
{
    const struct uuid *id = arg;
    struct grant_row row;
    enum err e = store_grant_find(t, web(t), logged_in.session.bucket, id, &row, NULL, NULL);
    if (e == ERR_NOT_FOUND) {
        missed++;
        return;
    }
    CHECK_OK(e);
    found += memcmp(row.id.b, id->b, UUID_SIZE) == 0;
}

static void those_that_are_not_there_are_not_found(void **state)
{
    (void)state;
    static struct uuid nobodys[30];
    found = missed = 0;
    for (int i = 0; i < 30; i++) {
        uuid_random(&nobodys[i]);
        start(look, &nobodys[i]);
        start(look, &grants[i].id);
    }
    finish();
    assert_int_equal(missed, 30);
    assert_int_equal(found, 30);
}

static void many_that_ask_at_once_share_statements(void **state)
{
    (void)state;
    uint64_t before = world.web->find_statements;
    found = missed = 0;
    for (int i = 0; i < 200; i++) {
        start(look, &grants[i % GRANTS].id); /* several the same */
    }
    finish();
    assert_int_equal(found, 200);
    assert_in_range(world.web->find_statements - before, 1, 20);
}

static void impatient(struct task *t, void *arg)
{
    const struct uuid *id = arg;
    struct grant_row row;
    CHECK_ERR(store_grant_find(t, web(t), logged_in.session.bucket, id, &row, NULL, NULL),
              ERR_TIMEOUT);
}

static void who_gives_up_harms_nobody(void **state)
{
    (void)state;
    PGconn *holder = hold("BEGIN; LOCK TABLE \"grant\" IN ACCESS EXCLUSIVE MODE");
    for (int i = 0; i < 20; i++) {
        start_for(200, impatient, &grants[i].id);
    }
    finish();
    let_go(holder);
    found = missed = 0;
    for (int i = 0; i < GRANTS; i++) {
        start(look, &grants[i].id);
    }
    finish();
    assert_int_equal(found, GRANTS);
}

static const char KILL[] = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                           "WHERE usename = 'authd_web'";

static void a_lost_connection_is_not_noticed(void **state)
{
    (void)state;
    PGconn *holder = hold("BEGIN; LOCK TABLE \"grant\" IN ACCESS EXCLUSIVE MODE");
    found = missed = 0;
    for (int i = 0; i < GRANTS; i++) {
        start(look, &grants[i].id);
    }
    turn_for(60); /* all are asked, and wait for the lock */
    (void)sql("%s", KILL);
    let_go(holder);
    finish();
    assert_int_equal(found, GRANTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_that_are_not_there_are_not_found),
        cmocka_unit_test(many_that_ask_at_once_share_statements),
        cmocka_unit_test(who_gives_up_harms_nobody),
        cmocka_unit_test(a_lost_connection_is_not_noticed),
    };
    return cmocka_run_group_tests(tests, open_with_grants, world_close);
}
