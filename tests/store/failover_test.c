/* What a fail-over does to connections: commits that may not be replicated, servers that take no
 * writes (any more), are silent, or are not there.  That a real cluster behaves like this is tested
 * by tests/ha/run; here one server plays all parts. */
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture.h"
#include "people.h"
#include "store/client.h"
#include "store/credential.h"

/* Lets the loop turn until the server says so. */
static void until(const char *question)
{
    for (int64_t end = clock_mono_ms() + 20000; clock_mono_ms() < end;) {
        if (strcmp(sql("%s", question), "t") == 0) {
            return;
        }
        turn_for(10);
    }
    print_error("never: %s\n", question);
    assert_true(false);
}

#define WAITING "wait_event = 'SyncRep' AND usename = 'authd_web'"
#define WAITS "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE " WAITING ")"
#define MAY_NOT_WAIT "SELECT current_setting('synchronous_standby_names') = ''"

static PGconn *super_connection(void)
{
    char text[128];
    (void)snprintf(text, sizeof text, "host=%s user=postgres dbname=%s", socket_dir(),
                   getenv("STORE_DB"));
    PGconn *pq = PQconnectdb(text);
    assert_int_equal(PQstatus(pq), CONNECTION_OK);
    return pq;
}

static void standby_goes(void)
{
    (void)sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    (void)sql("SELECT pg_reload_conf()");
    until("SELECT current_setting('synchronous_standby_names') = 'nobody'");
    /* The server's checkpointer says when commits begin to wait: until one does. */
    do {
        PGconn *pq = super_connection();
        char question[128];
        (void)snprintf(question, sizeof question,
                       "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND wait_event = "
                       "'SyncRep'",
                       PQbackendPID(pq));
        assert_int_equal(PQsendQuery(pq, "SELECT pg_logical_emit_message(true, 'test', '')"), 1);
        bool waits = false;
        while (!waits && PQconsumeInput(pq) == 1 && PQisBusy(pq) != 0) {
            waits = strcmp(sql("%s", question), "1") == 0;
        }
        PQfinish(pq);
        if (waits) {
            return;
        }
    } while (true);
}

static void standby_comes(void)
{
    (void)sql("ALTER SYSTEM RESET synchronous_standby_names");
    (void)sql("SELECT pg_reload_conf()");
    until(MAY_NOT_WAIT);
}

/* "The transaction has already committed locally, but might not have been replicated": somebody
 * else cancelled the wait.  The entry is there for all to see, and yet nobody is told so before a
 * standby has it. */
static void a_warning_at_commit_is_not_taken_for_an_answer(void **state)
{
    (void)state;
    struct revocation r = new_grant();
    standby_goes();
    start(grant_end, &r);
    until(WAITS);
    assert_string_equal(entries_of(&r), "0");
    (void)sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE " WAITING);
    until("SELECT EXISTS (SELECT FROM audit WHERE event = 'grant.revoked')");
    until(WAITS); /* the question whether it is replicated */
    turn_for(200);
    assert_false(r.done);
    standby_comes();
    finish();
    assert_int_equal(r.result, OK);
    assert_string_equal(entries_of(&r), "1");
}

static void a_warning_that_is_never_resolved_is_an_unknown_outcome(void **state)
{
    (void)state;
    struct revocation r = new_grant();
    standby_goes();
    start_for(1000, grant_end, &r);
    until(WAITS);
    (void)sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE " WAITING);
    finish();
    assert_int_equal(r.result, ERR_UNAVAILABLE);
    standby_comes();
}

/* After a restart the server shows what it had committed only for itself. */
static void a_commit_found_after_a_restart_is_told_when_it_is_replicated(void **state)
{
    (void)state;
    struct revocation r = new_grant();
    standby_goes();
    start(grant_end, &r);
    until(WAITS);
    cluster("kill");
    cluster("start");
    until("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE " WAITING ")");
    turn_for(200);
    assert_string_equal(entries_of(&r), "1");
    assert_false(r.done);
    standby_comes();
    finish();
    assert_int_equal(r.result, OK);
    assert_string_equal(entries_of(&r), "1");
}

/* -- standbys away -- */

static void reads_and_is_refused_writes(struct task *t, void *arg)
{
    (void)arg;
    struct session_row row;
    struct audit audit = audit_of(t, AUDIT_USERINFO);
    CHECK_ERR(store_audit_write(t, world.web, &audit), ERR_UNAVAILABLE); /* not ERR_TIMEOUT */
    CHECK_OK(session_find(t, world.web, &logged_in.cookie, 3600, &row));
}

static void writes(struct task *t, void *arg)
{
    (void)arg;
    struct audit audit = audit_of(t, AUDIT_USERINFO);
    CHECK_OK(store_audit_write(t, web(t), &audit));
}

#define BACKENDS "SELECT count(*) FROM pg_stat_activity WHERE usename = 'authd_web'"

/* Every connection for synchronous commits waits: what comes now is refused before it waits too.
 * None of them is closed, because each would leave a backend behind. */
static void while_no_standby_follows_writes_are_refused_at_once_and_reads_go_on(void **state)
{
    (void)state;
    struct revocation one = new_grant(), other = new_grant();
    int before = atoi(sql(BACKENDS));
    standby_goes();
    start_for(1000, grant_end, &one);
    until(WAITS);
    start_for(1000, grant_end, &other);
    finish();
    assert_int_equal(one.result, ERR_TIMEOUT);
    assert_int_equal(other.result, ERR_TIMEOUT);
    while (!pg_away(world.web)) {
        turn_for(100);
    }
    run(reads_and_is_refused_writes);
    assert_true(pg_ready(world.web));
    assert_int_equal(atoi(sql(BACKENDS)), before);
    standby_comes();
    until("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE " WAITING ")");
    turn_for(50);
    run(writes);
    assert_string_equal(entries_of(&one), "1"); /* was never cancelled */
    assert_string_equal(entries_of(&other), "1");
}

/* -- which server -- */

static void back(struct task *t, void *arg)
{
    (void)arg;
    CHECK_OK(wait_ready(t, world.web));
}

static void a_server_that_takes_no_writes_any_more_is_left(void **state)
{
    (void)state;
    struct revocation r = new_grant();
    (void)sql("ALTER SYSTEM SET default_transaction_read_only = on");
    (void)sql("SELECT pg_reload_conf()");
    until("SELECT current_setting('default_transaction_read_only') = 'on'");
    start(grant_end, &r);
    while (!pg_away(world.web)) {
        turn_for(10);
    }
    finish();
    assert_int_equal(r.result, ERR_UNAVAILABLE);
    (void)sql("SET default_transaction_read_only = off");
    (void)sql("ALTER SYSTEM RESET default_transaction_read_only");
    (void)sql("SELECT pg_reload_conf()");
    run(back);
    start(grant_end, &r);
    finish();
    assert_int_equal(r.result, OK);
    assert_string_equal(entries_of(&r), "1");
}

/* A local pooler whose server is cut off accepts, and says nothing. */
static int silent_server(char *directory, size_t size)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    (void)snprintf(directory, size, "/tmp/authd-silent-XXXXXX");
    assert_non_null(mkdtemp(directory));
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s/.s.PGSQL.5432", directory);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 64), 0);
    return fd;
}

static struct pg_settings settings_of(const char *hosts, const char *role)
{
    const char *user = strcmp(role, "web") == 0 ? "authd_web" : "authd_verifier";
    return (struct pg_settings){.host = hosts,
                                .database = getenv("STORE_DB"),
                                .user = user,
                                .port = 5432,
                                .read_connections = 1,
                                .write_connections = 1,
                                .role = role};
}

static void several_ready(struct task *t, void *arg)
{
    struct session_row row;
    struct audit audit = audit_of(t, AUDIT_USERINFO);
    CHECK_OK(wait_ready(t, arg));
    CHECK_OK(store_audit_write(t, arg, &audit));
    CHECK_OK(
        session_find(t, arg, &logged_in.cookie, 3600, &row)); /* nothing is in flight any more */
}

static void goes_past_hosts_that_are_not_there_or_silent(void **state)
{
    (void)state;
    char silent[64], hosts[256];
    int fd = silent_server(silent, sizeof silent);
    (void)snprintf(hosts, sizeof hosts, "/nonexistent,%s,%s", silent, socket_dir());
    struct pg_settings s = settings_of(hosts, "web"), v = settings_of(hosts, "verifier");
    struct pg *several;
    assert_int_equal(pg_new(world.loop, &s, &several), OK);
    start(several_ready, several);
    finish();
    pg_free(several);

    struct vault *vault;
    struct vault_key *keys;
    size_t n;
    struct arena *a = arena_new(0);
    v = settings_of(hosts, "verifier");
    assert_int_equal(vault_new(&v, &vault), OK);
    assert_int_equal(vault_keys(a, vault, &keys, &n), OK);
    vault_free(vault);
    arena_free(a);
    (void)close(fd);
    char path[128];
    (void)snprintf(path, sizeof path, "%s/.s.PGSQL.5432", silent);
    (void)unlink(path);
    (void)rmdir(silent);
}

static void refuses_hosts_that_are_no_directories(void **state)
{
    (void)state;
    struct pg *db;
    struct vault *vault;
    struct pg_settings s = settings_of("/run/one,db.example", "web");
    assert_int_equal(pg_new(world.loop, &s, &db), ERR_INPUT);
    assert_int_equal(vault_new(&s, &vault), ERR_INPUT);
    s.host = "";
    assert_int_equal(pg_new(world.loop, &s, &db), ERR_INPUT);
}

/* -- the verifier's connection -- */

/* Cancels, from another process, the first wait for a standby that it sees. */
static pid_t canceller(void)
{
    pid_t pid = fork();
    if (pid != 0) {
        return pid;
    }
    PGconn *pq = super_connection();
    for (int i = 0; i < 1000; i++) {
        PGresult *r = PQexec(pq, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
                                 "WHERE wait_event = 'SyncRep' AND usename = 'authd_verifier'");
        if (PQntuples(r) > 0) {
            _exit(0);
        }
        PQclear(r);
        (void)usleep(10000);
    }
    _exit(1);
}

static void the_verifier_takes_no_warning_for_an_answer_and_waits_with_a_limit(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct vault *vault;
    struct pg_settings s = settings_of(socket_dir(), "verifier");
    struct audit audit = {
        .event = AUDIT_LOGIN_REFUSED, .refused = true, .subject = logged_in.person};
    const uint8_t id[16] = {7};
    assert_int_equal(vault_new(&s, &vault), OK);
    assert_int_equal(vault_audit(a, vault, &audit, id), OK);
    standby_goes();
    pid_t pid = canceller();
    assert_int_equal(vault_audit(a, vault, &audit, id), ERR_UNAVAILABLE);
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);

    assert_int_equal(vault_audit(a, vault, &audit, id), ERR_UNAVAILABLE);
    assert_string_equal(err_reason(), "vault: no answer in time");
    assert_int_equal(vault_audit(a, vault, &audit, id), ERR_UNAVAILABLE); /* does not wait again */
    assert_non_null(strstr(err_reason(), "has been silent"));
    assert_string_equal(
        sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'authd_verifier'"), "1");
    standby_comes();
    for (int64_t end = clock_mono_ms() + 5000;
         vault_audit(a, vault, &audit, id) != OK && clock_mono_ms() < end;) {
        turn_for(10);
    }
    assert_int_equal(vault_audit(a, vault, &audit, id), OK);
    vault_free(vault);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_hosts_that_are_no_directories),
        cmocka_unit_test(a_warning_at_commit_is_not_taken_for_an_answer),
        cmocka_unit_test(a_warning_that_is_never_resolved_is_an_unknown_outcome),
        cmocka_unit_test(a_commit_found_after_a_restart_is_told_when_it_is_replicated),
        cmocka_unit_test(while_no_standby_follows_writes_are_refused_at_once_and_reads_go_on),
        cmocka_unit_test(a_server_that_takes_no_writes_any_more_is_left),
        cmocka_unit_test(goes_past_hosts_that_are_not_there_or_silent),
        cmocka_unit_test(the_verifier_takes_no_warning_for_an_answer_and_waits_with_a_limit),
    };
    return cmocka_run_group_tests(tests, open_with_session, world_close);
}
