/* The sandbox: what a hijacked process can't do any more.  Each case runs in a process of its own;
 * where the kernel has no filters, what is proved is that this is named. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "proc/sandbox.h"

#define FINE 0
#define LAYER_MISSING 77
#define WEB (SANDBOX_ACCEPT | SANDBOX_CONNECT_UNIX)
#define COURIER                                                                                    \
    (SANDBOX_CONNECT_UNIX | SANDBOX_CONNECT_INET | SANDBOX_THREADS | SANDBOX_READ_SYSTEM)

/* The child's exit status, or minus the signal that ended it. */
static int inside(unsigned rights, int (*act)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        char missing[128] = "";
        if (sandbox_close(rights, missing, sizeof(missing)) != OK) {
            _exit(99);
        }
        if (strstr(missing, "seccomp") != NULL) {
            _exit(LAYER_MISSING);
        }
        _exit(act());
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static bool filter_load(const struct sock_filter *calls, size_t n)
{
    struct sock_fprog program = {.len = (unsigned short)n,
                                 .filter = (struct sock_filter *)(uintptr_t)calls};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* Does the kernel take a filter at all?  Asked once, by a process that ends with it. */
static bool kernel_filters(void)
{
    static const struct sock_filter everything[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    static int answer = -1;
    if (answer < 0) {
        pid_t pid = fork();
        if (pid == 0) {
            _exit(filter_load(everything, 1) ? FINE : LAYER_MISSING);
        }
        assert_int_equal(waitpid(pid, &answer, 0), pid);
    }
    return answer == FINE;
}

static void expect(int got, int wanted)
{
    assert_int_equal(got, kernel_filters() ? wanted : LAYER_MISSING);
}

/* From now on the kernel answers this process as one without Landlock and seccomp would. */
static bool make_layers_missing(void)
{
    const struct sock_filter calls[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 4, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    return !kernel_filters() || filter_load(calls, sizeof calls / sizeof calls[0]);
}

static void layers_that_the_kernel_lacks_are_named(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        char missing[128] = "";
        if (!make_layers_missing() || sandbox_close(WEB, missing, sizeof(missing)) != OK) {
            _exit(99);
        }
        _exit(strcmp(missing, "landlock seccomp") == 0 ? FINE : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), FINE);
}

static int opens_a_file(void)
{
    int fd = open("/etc/passwd", O_RDONLY);
    return fd < 0 ? FINE : 1;
}

static int starts_a_program(void)
{
    char *argv[] = {(char *)(uintptr_t) "/bin/true", NULL};
    execv(argv[0], argv);
    return 1;
}

static int forks(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    return pid < 0 ? FINE : 1;
}

static int signals_another(void)
{
    /* The other one of the same user that is surely there: who started us. */
    return syscall(SYS_tgkill, getppid(), getppid(), 0) != 0 ? FINE : 1;
}

static int kills_another(void)
{
    (void)kill(getppid(), 0);
    return 1;
}

static int makes_an_inet_socket(void)
{
    (void)socket(AF_INET, SOCK_STREAM, 0);
    return 1;
}

static int makes_an_inet6_socket(void)
{
    (void)socket(AF_INET6, SOCK_STREAM, 0);
    return 1;
}

static int makes_a_netlink_socket(void)
{
    (void)socket(AF_NETLINK, SOCK_RAW, 0);
    return 1;
}

static int makes_a_packet_socket(void)
{
    (void)socket(AF_PACKET, SOCK_RAW, 0);
    return 1;
}

static void expect_no_network(unsigned rights)
{
    expect(inside(rights, makes_an_inet_socket), -SIGSYS);
    expect(inside(rights, makes_an_inet6_socket), -SIGSYS);
    expect(inside(rights, makes_a_netlink_socket), -SIGSYS);
    expect(inside(rights, makes_a_packet_socket), -SIGSYS);
}

static int aborts(void)
{
    abort();
}

static int makes_unix_sockets(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? FINE : 1;
}

static int fails_unix_sockets(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? FINE : 1;
}

static int makes_memory_executable(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        return 2;
    }
    return mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0 ? 1 : FINE;
}

static int maps_executable_memory(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) == MAP_FAILED
               ? FINE
               : 1;
}

static int reads_system_files_only(void)
{
    int fd = open("/etc/passwd", O_RDONLY);
    if (fd < 0) {
        return 1;
    }
    close(fd);
    if (open("/etc/passwd", O_RDWR) >= 0 || open("/etc/new-file", O_WRONLY | O_CREAT, 0600) >= 0) {
        return 2;
    }
    return FINE;
}

static int makes_inet_sockets(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? FINE : 1;
}

static int works_on(void)
{
    int pair[2];
    char c = 'x';
    void *p = malloc(1 << 20);
    if (p == NULL || pipe2(pair, O_CLOEXEC) != 0) {
        return 1;
    }
    memset(p, 1, 1 << 20);
    free(p);
    return write(pair[1], &c, 1) == 1 && read(pair[0], &c, 1) == 1 ? FINE : 1;
}

static void a_web_process_opens_no_file(void **state)
{
    (void)state;
    expect(inside(WEB, opens_a_file), FINE);
}

static void nobody_starts_a_program(void **state)
{
    (void)state;
    expect(inside(WEB, starts_a_program), -SIGSYS);
    expect(inside(COURIER, starts_a_program), -SIGSYS);
    expect(inside(0, starts_a_program), -SIGSYS);
}

static void nobody_forks(void **state)
{
    (void)state;
    expect(inside(WEB, forks), FINE);
    expect(inside(COURIER, forks), FINE);
}

static void nobody_signals_another_process(void **state)
{
    (void)state;
    expect(inside(WEB, signals_another), FINE);
    expect(inside(WEB, kills_another), -SIGSYS);
    expect(inside(COURIER, kills_another), -SIGSYS);
    expect(inside(WEB, aborts), -SIGABRT);
}

static void a_web_process_makes_no_network_socket(void **state)
{
    (void)state;
    expect_no_network(WEB);
    expect(inside(WEB, makes_unix_sockets), FINE);
}

static void a_signer_makes_no_socket_at_all(void **state)
{
    (void)state;
    expect_no_network(0);
    expect(inside(0, fails_unix_sockets), FINE);
}

static void nobody_makes_memory_executable(void **state)
{
    (void)state;
    expect(inside(WEB, makes_memory_executable), -SIGSYS);
    expect(inside(WEB, maps_executable_memory), -SIGSYS);
    expect(inside(COURIER, makes_memory_executable), FINE);
    expect(inside(COURIER, maps_executable_memory), FINE);
}

static void a_courier_reads_system_files_and_connects(void **state)
{
    (void)state;
    expect(inside(COURIER, reads_system_files_only), FINE);
    expect(inside(COURIER, makes_inet_sockets), FINE);
}

static void everyday_work_goes_on(void **state)
{
    (void)state;
    expect(inside(0, works_on), FINE);
    expect(inside(WEB, works_on), FINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_that_the_kernel_lacks_are_named),
        cmocka_unit_test(a_web_process_opens_no_file),
        cmocka_unit_test(nobody_starts_a_program),
        cmocka_unit_test(nobody_forks),
        cmocka_unit_test(nobody_signals_another_process),
        cmocka_unit_test(a_web_process_makes_no_network_socket),
        cmocka_unit_test(a_signer_makes_no_socket_at_all),
        cmocka_unit_test(nobody_makes_memory_executable),
        cmocka_unit_test(a_courier_reads_system_files_and_connects),
        cmocka_unit_test(everyday_work_goes_on),
    };
    return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
