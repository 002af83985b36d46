/* The sandbox on Linux: Landlock by raw system calls (Debian 12's header knows only the first
 * version), then seccomp by libseccomp, from tables.  Must be the last thing a process does before
 * it serves. */
#include "proc/sandbox.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "proc/drop.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Landlock.  Versions: 2 adds REFER, 3 TRUNCATE, 4 TCP bind and connect, 5 IOCTL_DEV, 6 scopes. */

#define FS_ALL_V1 ((UINT64_C(1) << 13) - 1)
#define FS_REFER (UINT64_C(1) << 13)
#define FS_TRUNCATE (UINT64_C(1) << 14)
#define FS_IOCTL_DEV (UINT64_C(1) << 15)
#define NET_BIND_TCP UINT64_C(1)
#define NET_CONNECT_TCP UINT64_C(2)

struct ruleset_v4 {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
};

static int landlock_version(void)
{
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static void landlock_allow_reading(int ruleset)
{
    static const char *const folders[] = {"/etc", "/usr", "/lib", "/run/systemd/resolve",
                                          "/run/resolvconf"};
    for (size_t i = 0; i < COUNT(folders); i++) {
        int fd = open(folders[i], O_PATH | O_CLOEXEC);
        if (fd < 0) {
            continue;
        }
        struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE |
                                                                    LANDLOCK_ACCESS_FS_READ_DIR,
                                                  .parent_fd = fd};
        (void)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
        close(fd);
    }
}

static bool landlock_close(unsigned rights)
{
    int version = landlock_version();
    if (version < 1) {
        return false;
    }
    struct ruleset_v4 wanted = {.handled_access_fs = FS_ALL_V1};
    wanted.handled_access_fs |= version >= 2 ? FS_REFER : 0;
    wanted.handled_access_fs |= version >= 3 ? FS_TRUNCATE : 0;
    wanted.handled_access_fs |= version >= 5 ? FS_IOCTL_DEV : 0;
    if (version >= 4) {
        wanted.handled_access_net = NET_BIND_TCP;
        wanted.handled_access_net |= (rights & SANDBOX_CONNECT_INET) != 0 ? 0 : NET_CONNECT_TCP;
    }
    size_t size = version >= 4 ? sizeof(wanted) : sizeof(wanted.handled_access_fs);
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &wanted, size, 0);
    if (ruleset < 0) {
        return false;
    }
    if ((rights & SANDBOX_READ_SYSTEM) != 0) {
        landlock_allow_reading(ruleset);
    }
    bool done = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return done;
}

/* seccomp. */

/* What any process of ours does all day: memory, time, descriptors it has, its end. */
static const int everyday[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(lseek),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(mincore),
    SCMP_SYS(mlock),
    SCMP_SYS(mlock2),
    SCMP_SYS(munlock),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigpending),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(getrandom),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(eventfd2),
    SCMP_SYS(pipe2),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(timerfd_gettime),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),
    SCMP_SYS(shutdown),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(fcntl),
    SCMP_SYS(dup),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getppid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getcpu),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrusage),
    SCMP_SYS(times),
    SCMP_SYS(rseq),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(membarrier),
};

static const int accepting[] = {SCMP_SYS(accept4), SCMP_SYS(accept)};
static const int connecting[] = {SCMP_SYS(connect)};
static const int resolving[] = {SCMP_SYS(bind), SCMP_SYS(recvmmsg), SCMP_SYS(sendmmsg)};
static const int looking[] = {SCMP_SYS(newfstatat), SCMP_SYS(stat),       SCMP_SYS(lstat),
                              SCMP_SYS(access),     SCMP_SYS(faccessat),  SCMP_SYS(faccessat2),
                              SCMP_SYS(readlink),   SCMP_SYS(readlinkat), SCMP_SYS(getdents64),
                              SCMP_SYS(statx),      SCMP_SYS(pread64)};

/* Calls that nothing of ours makes, not even by mistake: whoever tries is an intruder. */
static const int deadly[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(fork),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(vfork),
    SCMP_SYS(setuid),
    SCMP_SYS(setresuid),
    SCMP_SYS(memfd_create),
    SCMP_SYS(pidfd_getfd),
};

#ifdef WITH_ASAN
/* AddressSanitizer reports by reading its own maps and symbols. */
static const int sanitizing[] = {SCMP_SYS(openat),     SCMP_SYS(open),        SCMP_SYS(readlink),
                                 SCMP_SYS(newfstatat), SCMP_SYS(stat),        SCMP_SYS(prctl),
                                 SCMP_SYS(pread64),    SCMP_SYS(personality), SCMP_SYS(pipe),
                                 SCMP_SYS(getdents64)};
#endif

static int allow_all(scmp_filter_ctx f, const int *calls, size_t n)
{
    int bad = 0;
    for (size_t i = 0; i < n && bad == 0; i++) {
        bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
    }
    return bad;
}

static int allow_socket(scmp_filter_ctx f, int family)
{
    int bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
                               SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family));
    return bad;
}

/* Memory may be writable or executable, never made executable. */
static int allow_memory(scmp_filter_ctx f)
{
    int bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, 0x4 /* PROT_EXEC */, 0));
    if (bad == 0) {
        bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, 0x4, 0));
    }
    if (bad == 0) {
        bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                               SCMP_A1(SCMP_CMP_EQ, 0x5421 /* FIONBIO */));
    }
    if (bad == 0) {
        bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                               SCMP_A1(SCMP_CMP_EQ, 0x541b /* FIONREAD */));
    }
    return bad;
}

/* Without late libraries and without a network, who tries either is an intruder, too. */
static int kill_intruders(scmp_filter_ctx f, unsigned rights)
{
    int bad = 0;
    if ((rights & SANDBOX_READ_SYSTEM) == 0) {
        bad = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, SCMP_SYS(mmap), 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, 0x4 /* PROT_EXEC */, 0x4));
        bad = bad != 0 ? bad
                       : seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, SCMP_SYS(mprotect), 1,
                                          SCMP_A2(SCMP_CMP_MASKED_EQ, 0x4, 0x4));
    }
    if (bad == 0 && (rights & SANDBOX_CONNECT_INET) == 0) {
        bad = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, SCMP_SYS(socket), 1,
                               SCMP_A0(SCMP_CMP_NE, AF_UNIX));
    }
    return bad;
}

/* Signals and limits for nobody but ourselves: all our processes may run as one user. */
static int allow_self(scmp_filter_ctx f)
{
    int bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                               SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
    return bad != 0 ? bad
                    : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
                                       SCMP_A0(SCMP_CMP_EQ, 0));
}

/* Threads, never processes.  clone3 hides its flags: glibc falls back to clone when it does not
 * exist. */
static int allow_threads(scmp_filter_ctx f)
{
    int bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                               SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    return bad != 0 ? bad : seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

/* A library loaded late (name service) must be mapped executable: only whoever reads system files
 * may. */
static int allow_reading(scmp_filter_ctx f)
{
    int bad = allow_all(f, looking, COUNT(looking));
    if (bad == 0) {
        bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, 0));
    }
    if (bad == 0) {
        bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, 0x6 /* EXEC and WRITE */, 0x4));
    }
    return bad;
}

static int fill(scmp_filter_ctx f, unsigned rights)
{
    int bad = allow_all(f, everyday, COUNT(everyday));
    bad = bad != 0 ? bad : allow_memory(f);
    bad = bad != 0 ? bad : allow_self(f);
    bad = bad != 0 ? bad : kill_intruders(f, rights);
    for (size_t i = 0; i < COUNT(deadly) && bad == 0; i++) {
        bad = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
    }
    if (bad == 0 && (rights & SANDBOX_ACCEPT) != 0) {
        bad = allow_all(f, accepting, COUNT(accepting));
    }
    if (bad == 0 && (rights & (SANDBOX_CONNECT_UNIX | SANDBOX_CONNECT_INET)) != 0) {
        bad = allow_all(f, connecting, COUNT(connecting));
        bad = bad != 0 ? bad : allow_socket(f, AF_UNIX);
    }
    if (bad == 0 && (rights & SANDBOX_CONNECT_INET) != 0) {
        bad = allow_all(f, resolving, COUNT(resolving));
        bad = bad != 0 ? bad : allow_socket(f, AF_INET);
        bad = bad != 0 ? bad : allow_socket(f, AF_INET6);
        bad = bad != 0 ? bad : allow_socket(f, AF_NETLINK);
    }
    if (bad == 0 && (rights & SANDBOX_THREADS) != 0) {
        bad = allow_threads(f);
    }
    if (bad == 0 && (rights & SANDBOX_READ_SYSTEM) != 0) {
        bad = allow_reading(f);
    }
#ifdef WITH_ASAN
    bad = bad != 0 ? bad : allow_all(f, sanitizing, COUNT(sanitizing));
#endif
    return bad;
}

static bool seccomp_close(unsigned rights)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (f == NULL) {
        return false;
    }
    /* What is refused stands in the kernel's audit log (SECCOMP, type 1326), where the kernel can.
     */
    (void)seccomp_attr_set(f, SCMP_FLTATR_CTL_LOG, 1);
    bool done = fill(f, rights) == 0 && seccomp_load(f) == 0;
    seccomp_release(f);
    return done;
}

enum err sandbox_close(unsigned rights, char *missing, size_t size)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        missing_add(missing, size, "no-new-privileges");
    }
    if (!landlock_close(rights)) {
        missing_add(missing, size, "landlock");
    }
    if (!seccomp_close(rights)) {
        missing_add(missing, size, "seccomp");
    }
    return OK;
}
