/* Several processes, each with its own batches, work on the same few people in random order: tokens
 * are rotated, grants revoked, sessions and people ended, consents withdrawn, passwords set.
 * Nothing may deadlock. */
#include "fixture.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "people.h"
#include "store/credential.h"

enum { PEOPLE = 6, PROCESSES = 4, TASKS = 40, ROUNDS = 12 };

static struct uuid people[PEOPLE];
static struct session_row sessions[PEOPLE][3];
static struct handle tokens[PEOPLE][3];
static struct grant_row grants[PEOPLE][3];

static void begin(struct task *t, void *arg)
{
    (void)arg;
    struct handle h;
    CHECK_OK(client_add(t, CLIENT, true));
    for (size_t i = 0; i < PEOPLE; i++) {
        CHECK_OK(person_add(t, &people[i]));
        for (size_t k = 0; k < 3; k++) {
            CHECK_OK(session_add(t, &people[i], &h, &sessions[i][k]));
            CHECK_OK(refresh_add(t, &sessions[i][k], CLIENT, &tokens[i][k], &grants[i][k]));
        }
    }
}

static enum err set_password(struct task *t, const struct uuid *person)
{
    static struct vault *vault; /* one a process, and it blocks */
    struct audit audit = audit_of(t, AUDIT_CREDENTIAL_SET);
    if (vault == NULL) {
        TRY(vault_open(&vault));
    }
    audit.bucket = bucket_of(person);
    return vault_set_password(t->arena, vault, person, STR("$v"), 1, &audit, t->request_uuid);
}

static bool expected(enum err e)
{
    return e == OK || e == ERR_CONFLICT || e == ERR_DENIED || e == ERR_NOT_FOUND;
}

static void act(struct task *t, void *arg)
{
    (void)arg;
    for (int round = 0; round < ROUNDS; round++) {
        size_t i = rand_below(PEOPLE), k = rand_below(3);
        struct audit audit = audit_of(t, AUDIT_REVOKED);
        struct handle h;
        struct session_row s;
        struct grant_row g;
        enum err e = OK;
        switch (rand_below(9)) {
        case 0:
            e = store_session_end(t, web(t), sessions[i][k].bucket, &sessions[i][k].id, STR("x"),
                                  &audit);
            break;
        case 1:
            e = store_grant_revoke(t, web(t), grants[i][k].bucket, &grants[i][k].id, STR("x"),
                                   &audit);
            break;
        case 2:
            e = store_session_end_all(t, admin(t), sessions[i][k].bucket, &people[i], STR("x"),
                                      &audit);
            break;
        case 3:
            e = store_identity_change(t, admin(t), &people[i], STR("locked"), STR("o"), STR("l"),
                                      &audit);
            break;
        case 4:
            e = store_identity_change(t, admin(t), &people[i], STR("active"), STR("o"), STR("l"),
                                      &audit);
            break;
        case 5:
            e = store_consent_withdraw(t, web(t), &people[i], CLIENT, &audit);
            break;
        case 6:
            e = rotate(t, &tokens[i][k], &h, 60);
            break;
        case 7:
            e = set_password(t, &people[i]);
            break;
        default:
            e = session_add(t, &people[i], &h, &s);
            if (e == OK) {
                e = grant_add(t, &s, CLIENT, false, &h, &g);
            }
        }
        if (!expected(e)) {
            check_err_failed(__FILE__, __LINE__, "an act", e, OK);
        }
    }
}

static void child(void)
{
    if (world_open(NULL) != 0) {
        _exit(3);
    }
    for (int i = 0; i < TASKS; i++) {
        start(act, NULL);
    }
    loop_run(world.loop);
    _exit(checks_failed == 0 ? 0 : 1);
}

static void random_orders_in_several_processes_never_deadlock(void **state)
{
    (void)state;
    assert_int_equal(world_open(NULL), 0);
    run(begin);
    world_close(NULL);
    pid_t pids[PROCESSES];
    for (size_t i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            child();
        }
    }
    for (size_t i = 0; i < PROCESSES; i++) {
        int status = -1;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    (void)usleep(700000); /* statistics are written when a backend ends */
    assert_string_equal(
        sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"), "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_orders_in_several_processes_never_deadlock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
