/* Batches, classes of durability, lost connections, outcomes of commits, deadlines. */
#include "fixture.h"
#include "base/clock.h"
#include "people.h"
#include "store/engine.h"
#include "store/client.h"
#include "store/login.h"

/* -- batches -- */

struct use {
    struct sha256 hash;
    bool bad;
    int ok, conflicts, inputs, other;
};

static void use_identifier(struct task *t, void *arg)
{
    struct use *u = arg;
    enum err e = store_replay_use(t, web(t), &u->hash, clock_now_s() + 60, NULL);
    u->ok += e == OK;
    u->conflicts += e == ERR_CONFLICT;
    u->other += e != OK && e != ERR_CONFLICT;
}

static void the_same_key_in_one_turn_succeeds_once(void **state)
{
    (void)state;
    struct use u = {.hash = sha256(STR("one identifier"))};
    for (int i = 0; i < 50; i++) {
        start(use_identifier, &u);
    }
    finish();
    assert_int_equal(u.ok, 1);
    assert_int_equal(u.conflicts, 49);
}

static void a_batch_mixes_conflict_and_success(void **state)
{
    (void)state;
    struct use uses[100];
    for (size_t i = 0; i < 100; i++) {
        uses[i] = (struct use){.hash = sha256(str_of(&i, sizeof i))};
        start(use_identifier, &uses[i]);
        if (i % 3 == 0) {
            start(use_identifier, &uses[i]);
        }
    }
    finish();
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(uses[i].ok, 1);
        assert_int_equal(uses[i].conflicts, i % 3 == 0);
    }
}

/* Every third request carries JSON that PostgreSQL refuses (22P02), every fifth breaks a
 * constraint. */
static void push_one(struct task *t, void *arg)
{
    struct use *u = arg;
    struct handle h;
    handle_make(u->hash.b, 17, &h);
    enum err e =
        store_request_push(t, web(t), &h, CLIENT, u->bad ? STR("{not json") : STR("{}"), 60);
    u->ok += e == OK;
    u->inputs += e == ERR_INPUT;
    u->conflicts += e == ERR_CONFLICT;
    u->other += e != OK && e != ERR_INPUT && e != ERR_CONFLICT;
}

static void a_bad_request_does_not_spoil_its_batch(void **state)
{
    (void)state;
    struct use uses[60];
    for (size_t i = 0; i < 60; i++) {
        uses[i] = (struct use){.bad = i % 3 == 0};
        rand_bytes(uses[i].hash.b, sizeof uses[i].hash.b);
        if (i % 3 == 1 && i > 10) {
            uses[i].hash = uses[1].hash; /* the unique hash again */
        }
        start(push_one, &uses[i]);
    }
    finish();
    int ok = 0, inputs = 0, conflicts = 0;
    for (size_t i = 0; i < 60; i++) {
        assert_int_equal(uses[i].other, 0);
        ok += uses[i].ok;
        inputs += uses[i].inputs;
        conflicts += uses[i].conflicts;
    }
    assert_int_equal(inputs, 20);
    assert_int_equal(conflicts, 16); /* of 17 with the same hash one is written */
    assert_int_equal(ok, 24);
}

static void audit_one(struct task *t, void *arg)
{
    (void)arg;
    struct audit audit = audit_of(t, AUDIT_USERINFO);
    CHECK_OK(store_audit_write(t, web(t), &audit));
}

static void requests_that_wait_together_share_a_commit(void **state)
{
    (void)state;
    for (int i = 0; i < 400; i++) {
        start(audit_one, NULL);
    }
    finish();
    int commits =
        atoi(sql("SELECT count(DISTINCT xmin::text) FROM audit WHERE event = 'userinfo'"));
    assert_string_equal(sql("SELECT count(*) FROM audit WHERE event = 'userinfo'"), "400");
    assert_in_range(commits, 2, 20);
}

static void classes_use_different_connections(void **state)
{
    (void)state;
    /* Each connection set its own synchronous_commit; an asynchronous transaction's commit is not
     * flushed. */
    struct use u = {0};
    rand_bytes(u.hash.b, sizeof u.hash.b);
    start(push_one, &u);
    finish();
    struct use r = {.hash = sha256(STR("class"))};
    start(use_identifier, &r);
    finish();
    assert_string_equal(
        sql("SELECT count(DISTINCT pid) FROM pg_stat_activity WHERE usename = 'authd_web' "
            "AND (query LIKE '%%INSERT INTO replay%%' OR query LIKE '%%requested AS%%' OR "
            "query LIKE '%%pushed AS%%')"),
        sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'authd_web' "
            "AND (query LIKE '%%INSERT INTO replay%%' OR query LIKE '%%requested AS%%' OR "
            "query LIKE '%%pushed AS%%')"));
    assert_string_equal(
        sql("SELECT count(*) >= 2 FROM pg_stat_activity WHERE usename = 'authd_web' "
            "AND (query LIKE '%%INSERT INTO replay%%' OR query LIKE '%%pushed AS%%')"),
        "t");
}

/* -- loss -- */

static const char KILL[] = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                           "WHERE usename = 'authd_web'";

/* The transaction is committed on disk but waits for a standby that isn't there; then its backend
 * is killed. */
static void a_commit_whose_answer_is_lost_is_found(void **state)
{
    (void)state;
    struct revocation r = new_grant();
    (void)sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    (void)sql("SELECT pg_reload_conf()");
    turn_for(200);
    start(grant_end, &r);
    turn_for(500);
    assert_false(r.done);
    assert_string_equal(sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"),
                        "1");
    (void)sql("%s AND wait_event = 'SyncRep'", KILL);
    turn_for(1500);
    (void)sql("ALTER SYSTEM RESET synchronous_standby_names");
    (void)sql("SELECT pg_reload_conf()");
    turn_for(500);
    finish();
    assert_true(r.done);
    assert_int_equal(r.result, OK);
    assert_string_equal(entries_of(&r), "1");
}

/* The statement waits for a row when its backend is killed: it was not committed, and is sent
 * again. */
static void a_write_that_was_not_committed_is_sent_again(void **state)
{
    (void)state;
    struct revocation r = new_grant();
    PGconn *holder = hold("BEGIN; SELECT id FROM \"grant\" FOR UPDATE");
    start(grant_end, &r);
    turn_for(300);
    assert_false(r.done);
    (void)sql("%s AND wait_event_type = 'Lock'", KILL);
    turn_for(300);
    assert_false(r.done);
    let_go(holder);
    turn_for(500);
    finish();
    assert_int_equal(r.result, OK);
    assert_string_equal(entries_of(&r), "1");
}

/* The database stays away: nobody can say whether it was committed. */
static void an_outcome_that_stays_unknown_is_said_to_be(void **state)
{
    (void)state;
    struct revocation r = new_grant();
    PGconn *holder = hold("BEGIN; SELECT id FROM \"grant\" FOR UPDATE");
    start_for(1500, grant_end, &r);
    turn_for(300);
    cluster("kill");
    let_go(holder);
    turn_for(2000);
    assert_true(r.done);
    assert_int_equal(r.result, ERR_UNAVAILABLE);
    cluster("start");
    finish();
}

static void away(struct task *t, void *arg)
{
    (void)arg;
    struct session_row row;
    struct audit audit = audit_of(t, AUDIT_USERINFO);
    int64_t began = clock_mono_ms();
    CHECK_ERR(session_find(t, world.web, &logged_in.cookie, 3600, &row), ERR_UNAVAILABLE);
    CHECK_ERR(store_audit_write(t, world.web, &audit), ERR_UNAVAILABLE);
    CHECK(clock_mono_ms() - began < 100);
    CHECK(!pg_ready(world.web));
}

static void back(struct task *t, void *arg)
{
    (void)arg;
    struct session_row row;
    CHECK_OK(wait_ready(t, world.web));
    CHECK_OK(session_find(t, world.web, &logged_in.cookie, 3600, &row));
}

static void answers_at_once_while_the_database_is_away_and_reconnects(void **state)
{
    (void)state;
    run(back);
    cluster("kill");
    turn_for(1000);
    start(away, NULL);
    turn_for(50);
    finish();
    cluster("start");
    run(back);
}

static bool all_ready(void)
{
    size_t n = 0;
    for (size_t i = 0; i < world.web->n_conns; i++) {
        n += world.web->conns[i].state == CONN_READY;
    }
    return n == world.web->n_conns;
}

static void all_back(struct task *t, void *arg)
{
    (void)arg;
    CHECK_SOON(t, all_ready());
}

/* All but one would wait for an hour. */
static void the_first_connection_that_is_back_brings_the_others(void **state)
{
    (void)state;
    const struct timeval hour = {.tv_sec = 3600};
    run(back);
    cluster("kill");
    turn_for(1000);
    for (size_t i = 1; i < world.web->n_conns; i++) {
        while (world.web->conns[i].state != CONN_CLOSED) {
            turn_for(5); /* it is just being tried */
        }
        assert_int_equal(event_add(world.web->conns[i].timer, &hour), 0);
    }
    cluster("start");
    run(all_back);
}

static void reads_on(struct task *t, void *arg)
{
    int *n = arg;
    struct session_row row;
    for (int i = 0; i < 20; i++) {
        CHECK_OK(session_find(t, web(t), &logged_in.cookie, 3600, &row));
        CHECK_OK(task_sleep(t, 10));
        (*n)++;
    }
}

static void reads_survive_a_killed_connection(void **state)
{
    (void)state;
    int n = 0;
    run(back);
    for (int i = 0; i < 10; i++) {
        start(reads_on, &n);
    }
    turn_for(60);
    (void)sql("%s", KILL);
    turn_for(60);
    (void)sql("%s", KILL);
    turn_for(50);
    finish();
    assert_int_equal(n, 200);
}

static void impatient(struct task *t, void *arg)
{
    (void)arg;
    struct client_row row;
    CHECK_ERR(store_client_find(t, web(t), STR("not cached"), &row), ERR_TIMEOUT);
}

static void patient(struct task *t, void *arg)
{
    (void)arg;
    struct client_row row;
    CHECK_ERR(store_client_find(t, web(t), STR("not cached"), &row), ERR_NOT_FOUND);
}

static void an_abandoned_read_harms_nobody(void **state)
{
    (void)state;
    run(back);
    PGconn *holder = hold("BEGIN; LOCK TABLE client_secret IN ACCESS EXCLUSIVE MODE");
    for (int i = 0; i < 5; i++) {
        start_for(200, impatient, NULL);
    }
    finish();
    let_go(holder);
    for (int i = 0; i < 5; i++) {
        start(patient, NULL);
    }
    finish();
}

static void timed_out_write(struct task *t, void *arg)
{
    struct revocation *r = arg;
    struct audit audit = audit_of(t, AUDIT_REVOKED);
    audit.grant = r->grant;
    CHECK_ERR(store_grant_revoke(t, web(t), r->bucket, &r->grant, STR("test"), &audit),
              ERR_TIMEOUT);
}

static void a_deadline_never_cancels_a_write(void **state)
{
    (void)state;
    struct revocation r = new_grant();
    PGconn *holder = hold("BEGIN; SELECT id FROM \"grant\" FOR UPDATE");
    start_for(200, timed_out_write, &r);
    finish();
    assert_string_equal(entries_of(&r), "0");
    let_go(holder);
    turn_for(300);
    assert_string_equal(entries_of(&r), "1");
}

static void wakes_up(void *arg, struct str payload)
{
    int *told = arg;
    told[payload.n > 0]++;
}

static void listeners_hear_of_changes_and_of_reconnects(void **state)
{
    (void)state;
    static int told[2];
    run(back);
    pg_listen(world.web, "authd_test", wakes_up, told);
    turn_for(200);
    assert_int_equal(told[0], 1);
    (void)sql("NOTIFY authd_test, 'x'");
    turn_for(200);
    assert_int_equal(told[1], 1);
    (void)sql("%s", KILL);
    turn_for(500);
    assert_int_equal(told[0], 2);
    assert_in_range(llabs(pg_clock_offset_ms(world.web)), 0, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_key_in_one_turn_succeeds_once),
        cmocka_unit_test(a_batch_mixes_conflict_and_success),
        cmocka_unit_test(a_bad_request_does_not_spoil_its_batch),
        cmocka_unit_test(requests_that_wait_together_share_a_commit),
        cmocka_unit_test(classes_use_different_connections),
        cmocka_unit_test(a_deadline_never_cancels_a_write),
        cmocka_unit_test(an_abandoned_read_harms_nobody),
        cmocka_unit_test(listeners_hear_of_changes_and_of_reconnects),
        cmocka_unit_test(reads_survive_a_killed_connection),
        cmocka_unit_test(a_write_that_was_not_committed_is_sent_again),
        cmocka_unit_test(a_commit_whose_answer_is_lost_is_found),
        cmocka_unit_test(answers_at_once_while_the_database_is_away_and_reconnects),
        cmocka_unit_test(the_first_connection_that_is_back_brings_the_others),
        cmocka_unit_test(an_outcome_that_stays_unknown_is_said_to_be),
    };
    return cmocka_run_group_tests(tests, open_with_session, world_close);
}
