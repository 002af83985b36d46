/* The runner of migrations, on an empty database. */
#include "fixture.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "migrate/migrate.h"

static struct config config;
static int steps[MIGRATE_UP_TO_DATE + 1];

static void count(void *arg, const struct migrate_report *r)
{
    (void)arg;
    steps[r->step]++;
}

static enum err migrate(bool dry_run)
{
    struct migrate_options options = {.dry_run = dry_run};
    memset(steps, 0, sizeof steps);
    return migrate_run(&config, &options, count, NULL);
}

static int open_config(void **state)
{
    (void)state;
    config =
        (struct config){.db_host = socket_dir(), .db_name = getenv("STORE_DB"), .db_port = 5432};
    struct config_role *roles[] = {&config.db_owner, &config.db_web,     &config.db_verifier,
                                   &config.db_clerk, &config.db_courier, &config.db_admin};
    static const char *const NAMES[] = {"postgres",    "authd_web",     "authd_verifier",
                                        "authd_clerk", "authd_courier", "authd_admin"};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        *roles[i] = (struct config_role){NAMES[i], ""};
    }
    return 0;
}

static void a_dry_run_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(migrate(true), OK);
    assert_in_range(steps[MIGRATE_WOULD_APPLY], 7, 99);
    assert_string_equal(sql("SELECT to_regnamespace('authd') IS NULL"), "t");
}

static void two_nodes_at_once_apply_each_file_once(void **state)
{
    (void)state;
    pid_t nodes[4];
    for (size_t i = 0; i < 4; i++) {
        nodes[i] = fork();
        if (nodes[i] == 0) {
            _exit(migrate(false) == OK ? 0 : 1);
        }
    }
    for (size_t i = 0; i < 4; i++) {
        int status = -1;
        assert_int_equal(waitpid(nodes[i], &status, 0), nodes[i]);
        assert_int_equal(status, 0);
    }
    assert_string_equal(sql("SELECT count(*) = max(version) FROM schema_migration"), "t");
    assert_int_equal(migrate(false), OK);
    assert_int_equal(steps[MIGRATE_APPLIED], 0);
    assert_int_equal(steps[MIGRATE_UP_TO_DATE], 1);
}

static void nobody_can_log_in_to_a_new_database(void **state)
{
    (void)state;
    static const char *const empty[] = {"identity", "credential",    "one_time_code",
                                        "client",   "client_secret", "session"};
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        assert_string_equal(sql("SELECT count(*) FROM %s", empty[i]), "0");
    }
}

static void refuses_a_changed_checksum(void **state)
{
    (void)state;
    (void)sql("UPDATE schema_migration SET sha256 = 'x' || substr(sha256, 2) WHERE version = 2");
    assert_int_equal(migrate(false), ERR_CONFLICT);
    assert_non_null(strstr(err_reason(), "migration 0002"));
    assert_non_null(strstr(err_reason(), "new migration"));
    assert_int_equal(migrate(true), ERR_CONFLICT);
    (void)sql("DELETE FROM schema_migration WHERE version = 2");
    assert_int_equal(migrate(true), OK);
    assert_int_equal(steps[MIGRATE_WOULD_APPLY], 1);
    /* A file that fails leaves nothing behind. */
    assert_int_not_equal(migrate(false), OK);
    assert_string_equal(sql("SELECT count(*) FROM schema_migration WHERE version = 2"), "0");
}

static void refuses_an_incompatible_newer_database_and_warns_of_a_compatible_one(void **state)
{
    (void)state;
    (void)sql("INSERT INTO schema_migration (version, name, sha256, needs_program) VALUES "
              "(2, '0002_keys', 'x', 0), (900, '0900_new', 'y', 0)");
    (void)sql("DELETE FROM schema_migration WHERE version = 2");
    assert_int_equal(migrate(true), OK);
    assert_int_equal(steps[MIGRATE_WARNING], 1);
    (void)sql("UPDATE schema_migration SET needs_program = 900 WHERE version = 900");
    assert_int_equal(migrate(true), ERR_CONFLICT);
    assert_non_null(strstr(err_reason(), "install the version"));
    (void)sql("DELETE FROM schema_migration WHERE version = 900");
}

static void passwords_are_set_as_scram_verifiers(void **state)
{
    (void)state;
    char path[] = "/tmp/authd-password-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && fchmod(fd, 0600) == 0 && write(fd, "s3cret'\"\\\n", 10) == 10);
    close(fd);
    (void)sql("DROP SCHEMA authd CASCADE");
    config.db_web.password_file = path;
    assert_int_equal(migrate(true), OK);
    assert_int_equal(steps[MIGRATE_WOULD_SET], 1);
    assert_int_equal(migrate(false), OK);
    assert_int_equal(steps[MIGRATE_PASSWORD_SET], 1);
    assert_string_equal(sql("SELECT rolpassword LIKE 'SCRAM-SHA-256$%%' FROM pg_authid WHERE "
                            "rolname = 'authd_web'"),
                        "t");
    (void)chmod(path, 0644);
    assert_int_equal(migrate(false), ERR_INPUT);
    (void)unlink(path);
    config.db_web.password_file = "";
}

static void refuses_a_host_that_is_no_directory(void **state)
{
    (void)state;
    config.db_host = "db.example";
    assert_int_equal(migrate(true), ERR_INPUT);
    config.db_host = "/nowhere";
    assert_int_equal(migrate(true), ERR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dry_run_changes_nothing),
        cmocka_unit_test(two_nodes_at_once_apply_each_file_once),
        cmocka_unit_test(nobody_can_log_in_to_a_new_database),
        cmocka_unit_test(refuses_a_changed_checksum),
        cmocka_unit_test(refuses_an_incompatible_newer_database_and_warns_of_a_compatible_one),
        cmocka_unit_test(passwords_are_set_as_scram_verifiers),
        cmocka_unit_test(refuses_a_host_that_is_no_directory),
    };
    return cmocka_run_group_tests(tests, open_config, NULL);
}
