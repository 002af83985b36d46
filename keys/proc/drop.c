/* See drop.h.  Must be called while the process has one thread. */
#include "proc/drop.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOCKED_MEMORY ((rlim_t)64 * 1024 * 1024)

void missing_add(char *missing, size_t size, const char *word)
{
    size_t n = strlen(missing);
    if (n < size) {
        snprintf(missing + n, size - n, "%s%s", n == 0 ? "" : " ", word);
    }
}

static void limit(int resource, rlim_t value)
{
    struct rlimit old;
    if (getrlimit(resource, &old) != 0) {
        return;
    }
    struct rlimit wanted = {value, value};
    if (old.rlim_max != RLIM_INFINITY && value > old.rlim_max && geteuid() != 0) {
        wanted.rlim_cur = wanted.rlim_max = old.rlim_max;
    }
    (void)setrlimit(resource, &wanted);
}

static bool write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t n = write(fd, text, strlen(text));
    close(fd);
    return n == (ssize_t)strlen(text);
}

/* As root directly; else inside a user namespace of our own, in which we stay who we are. */
static bool network_leave(bool sees_users)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (unshare(CLONE_NEWNET) == 0) {
        return true;
    }
    if (uid == 0 || sees_users || unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        return false;
    }
    char map[48];
    (void)write_text("/proc/self/setgroups", "deny");
    snprintf(map, sizeof(map), "%u %u 1", (unsigned)uid, (unsigned)uid);
    (void)write_text("/proc/self/uid_map", map);
    snprintf(map, sizeof(map), "%u %u 1", (unsigned)gid, (unsigned)gid);
    (void)write_text("/proc/self/gid_map", map);
    return true;
}

/* A directory nobody can write to; the one Debian keeps for sshd, or /var/empty elsewhere. */
static bool root_leave(void)
{
    static const char *const empty[] = {"/run/authd-empty", "/var/empty", "/run/sshd"};
    (void)mkdir(empty[0], 0711);
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        struct stat about;
        if (lstat(empty[i], &about) == 0 && S_ISDIR(about.st_mode) && about.st_uid == 0 &&
            (about.st_mode & (S_IWGRP | S_IWOTH)) == 0 && chroot(empty[i]) == 0 &&
            chdir("/") == 0) {
            return true;
        }
    }
    return false;
}

static enum err user_change(const struct drop *d)
{
    if (setgroups(0, NULL) != 0 || setresgid(d->gid, d->gid, d->gid) != 0 ||
        setresuid(d->uid, d->uid, d->uid) != 0) {
        return fail(ERR_INTERNAL, "drop: can't become uid %u: %s", (unsigned)d->uid,
                    strerror(errno));
    }
    if (d->uid != 0 && (setresuid((uid_t)-1, 0, (uid_t)-1) == 0 || geteuid() != d->uid)) {
        return fail(ERR_INTERNAL, "drop: root can be had back");
    }
    return OK;
}

static enum err capabilities_clear(char *missing, size_t size)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
        if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0) {
            break; /* only whoever has CAP_SETPCAP may; no_new_privs does the same work */
        }
    }
    if (syscall(SYS_capset, &head, none) != 0) {
        missing_add(missing, size, "capabilities");
    }
    struct __user_cap_data_struct now[2];
    if (syscall(SYS_capget, &head, now) == 0 && (now[0].effective | now[1].effective) != 0) {
        return fail(ERR_INTERNAL, "drop: capabilities are still there");
    }
    return OK;
}

/* Files of other users (secrets, run_dir), starting children as somebody else in namespaces of
 * their own, a port below 1024, limits and locked memory. */
#define PARENT_CAPABILITIES                                                                        \
    (CAPABILITY(CAP_DAC_OVERRIDE) | CAPABILITY(CAP_DAC_READ_SEARCH) | CAPABILITY(CAP_KILL) |       \
     CAPABILITY(CAP_SETUID) | CAPABILITY(CAP_SETGID) | CAPABILITY(CAP_SETPCAP) |                   \
     CAPABILITY(CAP_NET_BIND_SERVICE) | CAPABILITY(CAP_SYS_CHROOT) | CAPABILITY(CAP_SYS_ADMIN) |   \
     CAPABILITY(CAP_SYS_RESOURCE) | CAPABILITY(CAP_IPC_LOCK))
#define CAPABILITY(number) (UINT64_C(1) << (number))

void drop_to_parent(void)
{
    if (geteuid() != 0) {
        return;
    }
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct now[2];
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (unsigned long cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
        if ((PARENT_CAPABILITIES & CAPABILITY(cap)) == 0) {
            (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
        }
    }
    if (syscall(SYS_capget, &head, now) == 0) {
        for (unsigned i = 0; i < 2; i++) {
            uint32_t kept = (uint32_t)(PARENT_CAPABILITIES >> (32 * i));
            now[i].permitted &= kept;
            now[i].effective &= kept;
            now[i].inheritable = 0;
        }
        (void)syscall(SYS_capset, &head, now);
    }
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

enum err drop_privileges(const struct drop *d, char *missing, size_t size)
{
    bool root = geteuid() == 0;
    if (d->locked_memory) {
        limit(RLIMIT_MEMLOCK, LOCKED_MEMORY);
    }
    limit(RLIMIT_NOFILE, d->files);
    limit(RLIMIT_CORE, 0);
    if (d->no_network && !network_leave(d->sees_users)) {
        missing_add(missing, size, "network-namespace");
    }
    if (d->empty_root && !(root && root_leave())) {
        missing_add(missing, size, "chroot");
    }
    if (root && d->change_user) {
        TRY(user_change(d));
    } else if (root) {
        missing_add(missing, size, "user");
    }
    TRY(capabilities_clear(missing, size));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        missing_add(missing, size, "no-new-privileges");
    }
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        missing_add(missing, size, "non-dumpable");
    }
    return OK;
}
