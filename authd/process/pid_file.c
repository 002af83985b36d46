/* run_dir/authd.pid: which parent is the service now, for scripts without a service manager; an
 * upgrade changes it. Nothing in authd reads it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "log/log.h"
#include "process/parent.h"

static bool path_of(const struct config *c, const char *suffix, char out[256])
{
    int n = snprintf(out, 256, "%s/authd.pid%s", c->run_dir, suffix);
    return n > 0 && n < 256;
}

/* A file that can't be written is said and harms nobody. */
void pid_file_write(const struct config *c)
{
    char path[256], fresh[256], text[24];
    if (!path_of(c, "", path) || !path_of(c, ".new", fresh)) {
        return;
    }
    (void)unlink(fresh);
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    bool written = fd >= 0 && write(fd, text, (size_t)n) == n;
    if (fd >= 0) {
        close(fd);
    }
    if (!written || rename(fresh, path) != 0) {
        log_event(LOG_WARN, INTERNAL_ERROR, LOG_Z("file", path), LOG_Z("why", "can't be written"));
    }
}

void pid_file_remove(const struct config *c)
{
    char path[256];
    if (path_of(c, "", path)) {
        (void)unlink(path);
    }
}
