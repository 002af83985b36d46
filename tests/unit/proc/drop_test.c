/* Privileges given up can't be had back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "proc/drop.h"

#define NOBODY 65534
#define NAMED_AS_MISSING 77

static int inside(const struct drop *d, int (*look)(const char *missing))
{
    pid_t pid = fork();
    if (pid == 0) {
        char missing[128] = "";
        enum err e = drop_privileges(d, missing, sizeof(missing));
        _exit(e == OK ? look(missing) : 99);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int root_is_gone(const char *missing)
{
    if (getuid() != NOBODY || geteuid() != NOBODY || getgid() != NOBODY) {
        return 1;
    }
    if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0) {
        return 2;
    }
    gid_t groups[4];
    if (getgroups(4, groups) > 0 && groups[0] != NOBODY) {
        return 3;
    }
    return strstr(missing, "user") == NULL ? 0 : 4;
}

static int nothing_new_can_be_had(const char *missing)
{
    struct rlimit files;
    struct rlimit core;
    (void)missing;
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return 1;
    }
    getrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_CORE, &core);
    return files.rlim_max <= 100 && core.rlim_max == 0 ? 0 : 2;
}

static uid_t before; /* who we were */

static int stays_who_it_was(const char *missing)
{
    if (getuid() != before || geteuid() != before || before == 0) {
        return 1;
    }
    if (setuid(0) == 0 || seteuid(0) == 0 || setresuid((uid_t)-1, 0, (uid_t)-1) == 0) {
        return 2;
    }
    return strstr(missing, "user") == NULL ? 0 : 3;
}

static int says_whether_it_is_still_root(const char *missing)
{
    return (strstr(missing, "user") != NULL) == (geteuid() == 0) ? 0 : 1;
}

static int sees_no_network(const char *missing)
{
    if (strstr(missing, "network-namespace") != NULL) {
        return NAMED_AS_MISSING;
    }
    FILE *f = fopen("/proc/self/net/dev", "r");
    char line[256];
    int others = 0;
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        others += strchr(line, ':') != NULL && strstr(line, "lo:") == NULL;
    }
    return others;
}

/* Does the kernel give us a network namespace?  Asked by somebody who is lost for it. */
static bool network_can_be_left(void)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        bool left = unshare(CLONE_NEWNET) == 0 ||
                    (geteuid() != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0);
        _exit(left ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* 0: every user of the system is somebody here, and that the network stayed is named; 1: only we
 * are. */
static int others_look_alike(const char *missing)
{
    if (strstr(missing, "network-namespace") == NULL) {
        return 5;
    }
    FILE *f = fopen("/proc/self/uid_map", "r");
    unsigned inside = 1, outside = 1, n = 1;
    if (f == NULL || fscanf(f, "%u %u %u", &inside, &outside, &n) != 3) {
        return 2;
    }
    return inside == 0 && outside == 0 && n == UINT32_MAX ? 0 : 1;
}

/* As somebody who is not root, in a process of its own. */
static int inside_as_nobody(const struct drop *d, int (*look)(const char *))
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char missing[128] = "";
        if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) {
            _exit(3);
        }
        (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* lost with root; /proc is ours again */
        _exit(drop_privileges(d, missing, sizeof(missing)) == OK ? look(missing) : 4);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* A fixed bug: under systemd, as an ordinary user, root was told that it may not command. */
static void who_asks_the_kernel_who_calls_sees_all_users(void **state)
{
    (void)state;
    struct drop d = {.no_network = true, .sees_users = true, .files = 100};
    assert_int_equal(inside_as_nobody(&d, others_look_alike), 0);
}

static void a_dropped_root_stays_dropped_and_who_was_none_becomes_none(void **state)
{
    (void)state;
    struct drop d = {.change_user = true, .uid = NOBODY, .gid = NOBODY, .files = 100};
    before = geteuid() == 0 ? NOBODY : geteuid();
    assert_int_equal(inside_as_nobody(&d, stays_who_it_was), 0);
    assert_int_equal(inside(&d, geteuid() == 0 ? root_is_gone : stays_who_it_was), 0);
}

static void nothing_can_be_gained_afterwards(void **state)
{
    (void)state;
    struct drop d = {.change_user = true, .uid = NOBODY, .gid = NOBODY, .files = 100};
    assert_int_equal(inside(&d, nothing_new_can_be_had), 0);
}

static void staying_root_is_named_and_nobody_else(void **state)
{
    (void)state;
    struct drop d = {.files = 100};
    assert_int_equal(inside(&d, says_whether_it_is_still_root), 0);
    assert_int_equal(inside_as_nobody(&d, says_whether_it_is_still_root), 0);
}

static void a_process_without_network_sees_no_interface_or_says_so(void **state)
{
    (void)state;
    struct drop d = {.no_network = true, .files = 100};
    int wanted = network_can_be_left() ? 0 : NAMED_AS_MISSING;
    assert_int_equal(inside(&d, sees_no_network), wanted);
}

static void missing_layers_are_listed_and_cut(void **state)
{
    (void)state;
    char missing[12] = "";
    missing_add(missing, sizeof(missing), "one");
    missing_add(missing, sizeof(missing), "two");
    assert_string_equal(missing, "one two");
    missing_add(missing, sizeof(missing), "seventeen");
    missing_add(missing, sizeof(missing), "more");
    assert_true(strlen(missing) < sizeof(missing));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dropped_root_stays_dropped_and_who_was_none_becomes_none),
        cmocka_unit_test(nothing_can_be_gained_afterwards),
        cmocka_unit_test(staying_root_is_named_and_nobody_else),
        cmocka_unit_test(a_process_without_network_sees_no_interface_or_says_so),
        cmocka_unit_test(who_asks_the_kernel_who_calls_sees_all_users),
        cmocka_unit_test(missing_layers_are_listed_and_cut),
    };
    return cmocka_run_group_tests_name("drop", tests, NULL, NULL);
}
