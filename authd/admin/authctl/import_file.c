/* See import_file.h. */
#include "authctl/import_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authctl/authctl.h"
#include "base/b64.h"
#include "base/buf.h"
#include "base/json.h"

#define OWNER_ONLY 0600

static enum err write_all(int fd, const char *path, struct str bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return fail(ERR_INPUT, "%s: cannot be written: %s", path, strerror(errno));
        }
        bytes = str_of(bytes.p + n, bytes.n - (size_t)n);
    }
    return OK;
}

/* One list for reading and writing. */
struct number {
    const char *name;
    uint64_t *value;
};
#define NUMBERS 8

static void numbers_of(struct import_state *s, struct number out[NUMBERS])
{
    const struct number all[NUMBERS] = {
        {"offset", &s->offset},       {"line", &s->line},      {"rejects_bytes", &s->rejects_bytes},
        {"rows", &s->rows},           {"added", &s->added},    {"present", &s->present},
        {"conflicts", &s->conflicts}, {"refused", &s->refused}};
    memcpy(out, all, sizeof all);
}

enum err import_state_read(struct arena *a, const char *path, struct import_state *out)
{
    struct import_state s = {0};
    struct number numbers[NUMBERS];
    struct str text;
    json_t *json;
    if (access(path, F_OK) != 0) {
        return fail(ERR_NOT_FOUND, "%s: no import was interrupted here", path);
    }
    TRY(input_read(a, path, &text));
    TRY(json_read_in(a, text, &json));
    numbers_of(&s, numbers);
    for (size_t i = 0; i < NUMBERS; i++) {
        int64_t value;
        if (!json_member_i64(json, numbers[i].name, &value) || value < 0) {
            return fail(ERR_INPUT, "%s: is no state of an import", path);
        }
        *numbers[i].value = (uint64_t)value;
    }
    if (b64_decode_exact(json_member(json, "beginning"), s.beginning.b, sizeof s.beginning.b) !=
        OK) {
        return fail(ERR_INPUT, "%s: is no state of an import", path);
    }
    *out = s;
    return OK;
}

enum err import_state_write(struct arena *a, const char *path, const struct import_state *state)
{
    struct import_state s = *state;
    struct number numbers[NUMBERS];
    json_t *json = json_own(a, json_object());
    numbers_of(&s, numbers);
    for (size_t i = 0; i < NUMBERS; i++) {
        json_object_set_new(json, numbers[i].name, json_integer((json_int_t)*numbers[i].value));
    }
    json_object_set_new(json, "beginning", json_str(b64_str(a, sha256_str(&s.beginning))));
    const char *next = str_z(a, str_fmt(a, "%s.new", path));
    (void)unlink(next); /* of one that was killed, or put there by somebody else */
    int fd = open(next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, OWNER_ONLY);
    if (fd < 0) {
        return fail(ERR_INPUT, "%s: cannot be written: %s", next, strerror(errno));
    }
    enum err e = write_all(fd, next, json_text(a, json));
    if (e == OK && fdatasync(fd) != 0) {
        e = fail(ERR_INPUT, "%s: cannot be written: %s", next, strerror(errno));
    }
    close(fd);
    if (e == OK && rename(next, path) != 0) {
        e = fail(ERR_INPUT, "%s: cannot be written: %s", path, strerror(errno));
    }
    return e;
}

enum err import_rejects_begin(struct import_rejects *r, const char *path, bool resume,
                              uint64_t resumed)
{
    struct import_rejects rejects = {.path = path, .fd = -1};
    bool there = access(path, F_OK) == 0;
    if (there && !resume) {
        return fail(ERR_CONFLICT,
                    "%s is there already, of an import before: --resume goes on with that; else "
                    "move the file away or name another with --rejects",
                    path);
    }
    if (there) {
        struct stat now;
        rejects.fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
        if (rejects.fd < 0 || fstat(rejects.fd, &now) != 0 || (uint64_t)now.st_size < resumed ||
            ftruncate(rejects.fd, (off_t)resumed) != 0) {
            import_rejects_end(&rejects);
            return fail(ERR_CONFLICT, "%s is not as the interrupted import left it", path);
        }
    } else if (resumed) {
        return fail(ERR_CONFLICT, "%s of the interrupted import is gone", path);
    }
    rejects.bytes = resumed;
    *r = rejects;
    return OK;
}

enum err import_rejects_add(struct arena *a, struct import_rejects *r, uint64_t line,
                            struct str reason, struct str row)
{
    if (r->fd < 0) {
        r->fd = open(r->path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, OWNER_ONLY);
        if (r->fd < 0) {
            return fail(ERR_INPUT, "%s: cannot be written: %s", r->path, strerror(errno));
        }
    }
    json_t *json = json_own(a, json_object());
    json_object_set_new(json, "line", json_integer((json_int_t)line));
    json_object_set_new(json, "reason", json_str(reason));
    if (str_utf8(row)) {
        json_object_set_new(json, "row", json_str(row));
    } else { /* bytes that JSON can't hold */
        json_object_set_new(json, "row_base64url", json_str(b64_str(a, row)));
    }
    struct buf text = buf_in(a);
    buf_add(&text, json_text(a, json));
    buf_byte(&text, '\n');
    TRY(write_all(r->fd, r->path, buf_str(&text)));
    r->bytes += text.n;
    return OK;
}

enum err import_rejects_sync(struct import_rejects *r)
{
    if (r->fd >= 0 && fdatasync(r->fd) != 0) {
        return fail(ERR_INPUT, "%s: cannot be written: %s", r->path, strerror(errno));
    }
    return OK;
}

void import_rejects_end(struct import_rejects *r)
{
    if (r->fd >= 0) {
        close(r->fd);
        r->fd = -1;
    }
}
