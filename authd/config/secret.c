/* Files the configuration names: secrets, which nobody else may be able to read, and public texts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/ct.h"
#include "config/config.h"

static enum err read_all(struct arena *a, int fd, const char *path, struct str *out)
{
    char *text = arena_alloc(a, CONFIG_SIZE_MAX + 1);
    size_t n = 0;
    while (n <= CONFIG_SIZE_MAX) {
        ssize_t got = read(fd, text + n, CONFIG_SIZE_MAX + 1 - n);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return fail(ERR_INPUT, "%s can't be read: %s", path, strerror(errno));
        }
        if (got == 0) {
            *out = str_of(text, n);
            return OK;
        }
        n += (size_t)got;
    }
    return fail(ERR_INPUT, "%s has more than %zu bytes", path, CONFIG_SIZE_MAX);
}

static enum err file_open(const char *path, struct stat *about, int *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return fail(ERR_INPUT, "%s can't be opened: %s", path, strerror(errno));
    }
    if (fstat(fd, about) != 0 || !S_ISREG(about->st_mode)) {
        close(fd);
        return fail(ERR_INPUT, "%s is not a regular file", path);
    }
    *out = fd;
    return OK;
}

enum err config_file(struct arena *a, const char *path, struct str *out)
{
    struct stat about;
    int fd;
    TRY(file_open(path, &about, &fd));
    enum err e = read_all(a, fd, path, out);
    close(fd);
    return e;
}

/* systemd grants credentials by an ACL, whose mask shows as the group's bits. */
static enum err check_private(const struct stat *about, const char *path, bool credential)
{
    if (about->st_uid != 0 && about->st_uid != geteuid()) {
        return fail(ERR_INPUT, "%s belongs to another user; chown it", path);
    }
    if ((about->st_mode & (credential ? S_IRWXO : S_IRWXG | S_IRWXO)) != 0) {
        return fail(ERR_INPUT, "%s can be read by others; chmod 600 it", path);
    }
    return OK;
}

enum err config_secret(struct arena *a, const char *name, struct str *out)
{
    static const char prefix[] = "credential:";
    const char *path = name;
    bool credential = strncmp(name, prefix, sizeof(prefix) - 1) == 0;
    if (credential) {
        const char *folder = getenv("CREDENTIALS_DIRECTORY");
        name += sizeof(prefix) - 1;
        if (folder == NULL) {
            return fail(ERR_INPUT,
                        "credential %s: CREDENTIALS_DIRECTORY is not set; use LoadCredential= in "
                        "the unit",
                        name);
        }
        if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL) {
            return fail(ERR_INPUT, "credential:%s is not a name", name);
        }
        path = str_fmt(a, "%s/%s", folder, name).p;
    }
    struct stat about;
    struct str text;
    int fd;
    TRY(file_open(path, &about, &fd));
    enum err e = check_private(&about, path, credential);
    if (e == OK) {
        e = read_all(a, fd, path, &text);
    }
    close(fd);
    if (e != OK) {
        return e;
    }
    if (text.n > 0 && text.p[text.n - 1] == '\n') {
        text.n--;
    }
    if (text.n == 0 || str_has_byte(text, '\0')) {
        return fail(ERR_INPUT, "%s is empty or holds a NUL", path);
    }
    *out = text;
    return OK;
}
