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

enum err spawn_path(char *out, size_t size)
{
    const char *started = (const char *)(uintptr_t)getauxval(AT_EXECFN); /* NOLINT */
    size_t used = 0;
    if (started == NULL || started[0] == '\0') {
        return fail(ERR_UNAVAILABLE, "spawn: the kernel does not tell the program's path");
    }
    if (started[0] != '/') {
        if (getcwd(out, size) == NULL) {
            return fail(ERR_UNAVAILABLE, "spawn: working directory: %s", strerror(errno));
        }
        used = strlen(out);
    }
    size_t n = strlen(started);
    if (used + 1 + n + 1 > size) {
        return fail(ERR_LIMIT, "spawn: the program's path is too long");
    }
    if (used > 0) {
        out[used++] = '/';
    }
    memcpy(out + used, started, n + 1);
    return OK;
}

/* path NULL: the program we are. */
static _Noreturn void become(const char *path, char *const argv[], char *const envp[], int control)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0 && nothing != STDIN_FILENO) {
        dup2(nothing, STDIN_FILENO);
    }
    /* Above the place of the control socket, so that dup2 can't hit it. */
    int kept = path != NULL ? 0 : fcntl(program, F_DUPFD_CLOEXEC, SPAWN_CONTROL_FD + 1);
    int source = fcntl(control, F_DUPFD_CLOEXEC, SPAWN_CONTROL_FD + 1);
    if (kept < 0 || source < 0 || dup2(source, SPAWN_CONTROL_FD) < 0) {
        _exit(127);
    }
#ifdef SYS_close_range
    syscall(SYS_close_range, (unsigned)SPAWN_CONTROL_FD + 1, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
#endif
    if (path != NULL) {
        execve(path, argv, envp);
    } else {
        syscall(SYS_execveat, kept, "", argv, envp, AT_EMPTY_PATH);
    }
    _exit(127);
}

static enum err start(const char *path, char *const argv[], char *const envp[], int control,
                      pid_t *out)
{
    pid_t pid = fork();
    if (pid < 0) {
        return fail(ERR_UNAVAILABLE, "spawn: fork: %s", strerror(errno));
    }
    if (pid == 0) {
        become(path, argv, envp, control);
    }
    *out = pid;
    return OK;
}

enum err spawn_process(const char *title, int control, pid_t *out)
{
    extern char **environ;
    char *argv[] = {(char *)(uintptr_t)title, (char *)(uintptr_t)SPAWN_ARGUMENT, NULL};
    return start(NULL, argv, environ, control, out);
}

enum err spawn_program(const char *path, char *const argv[], char *const envp[], int control,
                       pid_t *out)
{
    return start(path, argv, envp, control, out);
}
