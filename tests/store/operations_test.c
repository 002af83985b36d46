/* What an administrator looks at, and how long the audit is kept. */
#include "fixture.h"
#include "base/clock.h"
#include "people.h"
#include "store/keystore.h"
#include "store/operations.h"

/* The month that ended `months` months before this one. */
static void month_make(int months)
{
    (void)sql(
        "DO $$ DECLARE m timestamptz := date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE "
        "'UTC' "
        "- make_interval(months => %d); BEGIN EXECUTE format('CREATE TABLE authd.%%I PARTITION OF "
        "authd.audit FOR VALUES FROM (%%L) TO (%%L)', 'audit_' || to_char(m AT TIME ZONE 'UTC', "
        "'YYYY_MM'), m, m + interval '1 month'); INSERT INTO authd.audit (bucket, at, event, "
        "request_id) "
        "VALUES (1, m + interval '1 day', 'login', gen_random_uuid()); END $$",
        months);
}

static int months_kept(void)
{
    return atoi(sql("SELECT count(*) FROM pg_inherits WHERE inhparent = 'authd.audit'::regclass"));
}

static void retire(struct task *t, void *arg)
{
    (void)arg;
    size_t n;
    int before = months_kept();
    month_make(60); /* five years ago: its last use is younger than that, or just of that age */
    month_make(61);
    month_make(62);
    month_make(120);
    (void)sql("INSERT INTO authd.audit_rest (bucket, at, event, request_id) VALUES "
              "(1, now() - interval '30 years', 'login', gen_random_uuid()), "
              "(1, now() - interval '30 years', 'login', gen_random_uuid())");
    CHECK_OK(store_audit_retire(t, clerk(t), 10, &n)); /* kept longer where that is wanted */
    CHECK(n == 0 && months_kept() == before + 4);
    CHECK(atoi(sql("SELECT count(*) FROM authd.audit_rest")) == 0);
    CHECK_OK(store_audit_retire(t, clerk(t), 0, &n)); /* never shorter than five years */
    CHECK(n == 3 && months_kept() == before + 1);
    CHECK(atoi(sql("SELECT count(*) FROM authd.audit WHERE event = 'audit.retired' AND operator = "
                   "'clerk' AND detail LIKE '%%audit_%%'")) == 1);
    CHECK_OK(store_audit_retire(t, clerk(t), 5, &n));
    CHECK(n == 0);
    CHECK_OK(store_audit_partitions(t, clerk(t), &n));
    CHECK(n == 0);
}

static void the_audit_is_kept_for_five_years_and_no_month_longer(void **state)
{
    (void)state;
    run(retire);
}

static void a_month_that_is_in_use_is_left_for_another_time(void **state)
{
    (void)state;
    month_make(100);
    PGconn *reader = hold("BEGIN; LOCK TABLE authd.audit IN ACCESS SHARE MODE");
    assert_string_equal(state_as("authd_clerk", "SELECT audit_retire(5)"), "55P03");
    let_go(reader);
    assert_string_equal(state_as("authd_clerk", "SELECT audit_retire(5)"), "");
}

static void nobody_else_may_drop_it(void **state)
{
    (void)state;
    static const char *const roles[] = {"authd_web", "authd_verifier", "authd_courier",
                                        "authd_admin"};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        assert_string_equal(state_as(roles[i], "SELECT audit_retire(5)"), "42501");
    }
    assert_string_equal(state_as("authd_clerk", "DROP TABLE audit_rest"), "42501");
}

static void look(struct task *t, void *arg)
{
    (void)arg;
    struct operations before, after;
    CHECK_OK(store_operations_read(t, admin(t), &before));
    CHECK(!before.in_recovery && before.standby_lag_ms == -1);
    CHECK(str_eqz(before.host, socket_dir()) && !str_is(before.waits_for));
    CHECK(before.schema_version ==
          atoi(sql("SELECT coalesce(max(version), 0) FROM schema_migration")));
    CHECK(str_is(before.server_version) && before.waiting == 0 && before.waiting_since == 0);
    (void)sql(
        "INSERT INTO authd.outbox (bucket, recipient, kind, created_at, attempts, failed_at) "
        "VALUES "
        "(1, 'a', 'mail', now() - interval '1 hour', 5, NULL), (1, 'a', 'mail', now(), 0, NULL), "
        "(1, 'b', 'mail', now(), 9, now()), (1, 'b', 'mail', now(), 9, now() - interval '2 days')");
    (void)sql("INSERT INTO authd.audit (bucket, event, at, request_id) SELECT 1, e, now() - age, "
              "gen_random_uuid() FROM unnest(ARRAY['login', 'login.refused', 'token.code', "
              "'token.refresh', "
              "'userinfo']) e, unnest(ARRAY[interval '1 minute', interval '6 minutes']) age");
    CHECK_OK(store_operations_read(t, admin(t), &after));
    CHECK(after.waiting == 2 && after.troubled == 1 && after.failed_today == 1);
    CHECK(llabs(clock_now_s() - 3600 - after.waiting_since) < 5);
    CHECK(after.logins - before.logins == 1 && after.logins_refused - before.logins_refused == 1);
    CHECK(after.tokens - before.tokens == 2);
}

static void nodes(struct task *t, void *arg)
{
    (void)arg;
    struct operations_node *seen;
    size_t n;
    (void)sql("INSERT INTO node VALUES ('away', '1', 0, now() - interval '1 hour'), "
              "('forgotten', '1', 0, now() - interval '2 days')");
    CHECK_OK(store_node_tell(t, clerk(t), STR("here"), STR("1"), -20));
    CHECK_OK(store_node_tell(t, clerk(t), STR("here"), STR("2"), 30));
    CHECK_OK(store_nodes(t, admin(t), &seen, &n));
    CHECK(n == 2 && str_eqz(seen[0].name, "away") && seen[0].silent_s >= 3600);
    CHECK(str_eqz(seen[1].name, "here") && str_eqz(seen[1].version, "2"));
    CHECK(seen[1].clock_offset_ms == 30 && seen[1].silent_s < 5);
}

static void every_node_tells_of_itself_and_is_forgotten_after_a_day(void **state)
{
    (void)state;
    run(nodes);
}

static void deliveries_and_activity_are_counted(void **state)
{
    (void)state;
    run(look);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_else_may_drop_it),
        cmocka_unit_test(the_audit_is_kept_for_five_years_and_no_month_longer),
        cmocka_unit_test(a_month_that_is_in_use_is_left_for_another_time),
        cmocka_unit_test(every_node_tells_of_itself_and_is_forgotten_after_a_day),
        cmocka_unit_test(deliveries_and_activity_are_counted),
    };
    return cmocka_run_group_tests(tests, world_open, world_close);
}
