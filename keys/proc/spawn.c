/* See spawn.h.  Between fork and exec only async-signal-safe calls are made. */
#include "proc/spawn.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

static int program = -1;

/* /proc may be missing in a chroot; the kernel also tells the path. */
enum err spawn_remember(void)
{
    program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (program < 0) {
        const char *path = (const char *)(uintptr_t)getauxval(AT_EXECFN); /* NOLINT */
        program = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    }
    if (program < 0) {
        return fail(ERR_UNAVAILABLE, "spawn: the program's own file can't be opened: %s",
                    strerror(errno));
    }
    return OK;
}

static _Noreturn void become(const char *title, int control)
{
    extern char **environ;
    char *argv[] = {(char *)(uintptr_t)title, (char *)(uintptr_t)SPAWN_ARGUMENT, NULL};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0 && nothing != STDIN_FILENO) {
        dup2(nothing, STDIN_FILENO);
    }
    /* Above the place of the control socket, so that dup2 can't hit it. */
    int kept = fcntl(program, F_DUPFD_CLOEXEC, SPAWN_CONTROL_FD + 1);
    int source = fcntl(control, F_DUPFD_CLOEXEC, SPAWN_CONTROL_FD + 1);
    if (kept < 0 || source < 0 || dup2(source, SPAWN_CONTROL_FD) < 0) {
        _exit(127);
    }
#ifdef SYS_close_range
    syscall(SYS_close_range, (unsigned)SPAWN_CONTROL_FD + 1, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
#endif
    syscall(SYS_execveat, kept, "", argv, environ, AT_EMPTY_PATH);
    _exit(127);
}

enum err spawn_process(const char *title, int control, pid_t *out)
{
    pid_t pid = fork();
    if (pid < 0) {
        return fail(ERR_UNAVAILABLE, "spawn: fork: %s", strerror(errno));
    }
    if (pid == 0) {
        become(title, control);
    }
    *out = pid;
    return OK;
}
