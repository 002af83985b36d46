/* The file is JSON: issuer, metadata, keys as they were fetched, when, and for how long.  Whoever
 * can write it could give us keys, unless the root is pinned: it is readable and writable by its
 * owner only. */
#include "libeid/cache_file.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"

static struct str read_all(struct work *w, const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return STR_NONE;
    }
    struct str text = STR_NONE;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
        st.st_size <= JSON_SIZE_MAX) {
        size_t size = (size_t)st.st_size;
        char *p = arena_alloc(w->arena, size);
        ssize_t n = read(fd, p, size);
        text = n == (ssize_t)size ? str_of(p, size) : STR_NONE;
    }
    close(fd);
    return text;
}

static enum eid_code load_in(struct work *w, struct eid_client *c)
{
    json_t *file = NULL;
    int64_t fetched_at;
    int64_t max_age;
    struct str text = read_all(w, c->cache_file);
    if (text.p == NULL || json_read_in(w->arena, text, &file) != OK ||
        !str_eqz(json_member(file, "issuer"), c->issuer) ||
        !json_member_i64(file, "fetched_at", &fetched_at) ||
        !json_member_i64(file, "max_age", &max_age) || fetched_at < 0 ||
        fetched_at > clock_now_s() + c->skew_s) {
        return EID_BAD_ANSWER;
    }
    struct provider *p = NULL;
    struct key_set *k = NULL;
    EID_TRY(provider_parse(w, c->issuer, json_member(file, "metadata"), &p));
    provider_set_life(p, fetched_at, max_age);
    slot_offer(c, &c->slots.metadata, &p->shared);
    EID_TRY(key_set_parse(w, c, json_member(file, "keys"), fetched_at, max_age, &k));
    slot_offer(c, &c->slots.keys, &k->shared);
    return EID_OK;
}

void cache_file_load(struct eid_client *c)
{
    pthread_mutex_lock(&c->slots.lock);
    bool mine = !c->slots.cache_read && c->cache_file != NULL;
    c->slots.cache_read = true;
    pthread_mutex_unlock(&c->slots.lock);
    if (!mine) {
        return;
    }
    struct work w;
    if (work_begin(&w, NULL)) {
        if (setjmp(w.exhausted) == 0) {
            w.code = load_in(&w, c);
        }
    }
    (void)work_end(&w);
}

static bool write_all(int fd, struct str text)
{
    while (text.n > 0) {
        ssize_t n = write(fd, text.p, text.n);
        if (n <= 0) {
            return false;
        }
        text = str_of(text.p + n, text.n - (size_t)n);
    }
    return true;
}

static enum eid_code save_in(struct work *w, const struct eid_client *c, const struct provider *p,
                             const struct key_set *k)
{
    json_t *file = json_own(w->arena, json_object());
    int lost = json_object_set_new(file, "issuer", json_string(c->issuer)) |
               json_object_set_new(file, "fetched_at", json_integer(k->fetched_at_s)) |
               json_object_set_new(file, "max_age", json_integer(k->max_age_s)) |
               json_object_set_new(file, "metadata", json_str(p->text)) |
               json_object_set_new(file, "keys", json_string(k->text));
    if (lost != 0) {
        return EID_NO_MEMORY;
    }
    const char *aside = str_fmt(w->arena, "%s.%ld.new", c->cache_file, (long)getpid()).p;
    struct str text = json_text(w->arena, file);
    int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return EID_INTERNAL;
    }
    bool written = write_all(fd, text);
    written = close(fd) == 0 && written;
    if (!written || rename(aside, c->cache_file) != 0) {
        unlink(aside);
        return EID_INTERNAL;
    }
    return EID_OK;
}

void cache_file_save(const struct eid_client *c, const struct provider *p, const struct key_set *k)
{
    struct work w;
    if (c->cache_file == NULL) {
        return;
    }
    if (work_begin(&w, NULL)) {
        if (setjmp(w.exhausted) == 0) {
            w.code = save_in(&w, c, p, k);
        }
    }
    (void)work_end(&w);
}
