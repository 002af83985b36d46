/* A list as sorted digests of 8 bytes: of a million lines one in twenty million good passwords is
 * refused by mistake.  The file is read once, at start: later the sandbox opens none. */
#include "verifier/blocklist.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/hash.h"
#include "verifier/fold.h"
#include "verifier/opaque.h"

#define FILE_MAX ((size_t)256 * 1024 * 1024)

struct blocklist {
    uint64_t *digests;
    size_t n;
};

/* Without spaces and punctuation: "Mat-Khau 2026!" is "matkhau2026". */
static uint64_t digest_of(struct arena *a, struct str text)
{
    size_t dropped;
    struct folded bare = fold_bare(a, fold_text(a, text), &dropped);
    struct sha256 d = sha256(str_of(bare.c, bare.n * sizeof(*bare.c)));
    uint64_t out;
    memcpy(&out, d.b, sizeof(out));
    return out;
}

static int compare(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return a < b ? -1 : a > b;
}

static bool is_entry(struct str line)
{
    return str_is(line) && line.n <= PASSWORD_BYTES_MAX && str_utf8(line);
}

enum err blocklist_parse(struct str text, struct blocklist **out)
{
    struct blocklist *list = calloc(1, sizeof(*list));
    struct arena *a = arena_new(0);
    size_t lines = 1;
    enum err e = OK;
    for (size_t i = 0; i < text.n; i++) {
        lines += text.p[i] == '\n';
    }
    if (list == NULL || a == NULL ||
        (list->digests = calloc(lines, sizeof(*list->digests))) == NULL) {
        e = fail(ERR_NO_MEMORY, "blocklist: no memory for %zu lines", lines);
        goto out;
    }
    for (struct str line; str_split(&text, '\n', &line);) {
        line = str_ends(line, STR("\r")) ? str_of(line.p, line.n - 1) : line;
        if (is_entry(line)) {
            list->digests[list->n++] = digest_of(a, line);
            arena_reset(a);
        }
    }
    qsort(list->digests, list->n, sizeof(*list->digests), compare);
    *out = list;
    list = NULL;
out:
    arena_free(a);
    blocklist_free(&list);
    return e;
}

static enum err parse_mapped(int fd, const char *path, struct blocklist **out)
{
    struct stat about;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size < 0 ||
        (size_t)about.st_size > FILE_MAX) {
        return fail(ERR_INPUT, "%s: not a regular file of at most %zu bytes", path, FILE_MAX);
    }
    size_t size = (size_t)about.st_size;
    if (size == 0) {
        return blocklist_parse(STR(""), out);
    }
    void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) {
        return fail(ERR_INPUT, "%s can't be read: %s", path, strerror(errno));
    }
    enum err e = blocklist_parse(str_of(p, size), out);
    munmap(p, size);
    return e;
}

enum err blocklist_read(const char *path, struct blocklist **out)
{
    if (path[0] == '\0') {
        *out = NULL;
        return OK;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return fail(ERR_INPUT, "%s can't be opened: %s", path, strerror(errno));
    }
    enum err e = parse_mapped(fd, path, out);
    close(fd);
    return e;
}

void blocklist_free(struct blocklist **list)
{
    if (*list != NULL) {
        free((*list)->digests);
        free(*list);
        *list = NULL;
    }
}

bool blocklist_has(struct arena *a, const struct blocklist *list, struct str password)
{
    if (list == NULL || list->n == 0) {
        return false;
    }
    uint64_t wanted = digest_of(a, password);
    return bsearch(&wanted, list->digests, list->n, sizeof(wanted), compare) != NULL;
}

size_t blocklist_count(const struct blocklist *list)
{
    return list == NULL ? 0 : list->n;
}
