/* Reload: the configuration on SIGHUP, certificates then and whenever their files change.  A
 * refused file changes nothing. */
#include <string.h>
#include "log/log.h"
#include "process/parent.h"
#include "process/start.h"

#define WATCH_FILES_MS 5000

enum err parent_config_load(struct parent *p)
{
    struct config *fresh = NULL;
    struct str text;
    struct arena *a = arena_new(0);
    if (a == NULL) {
        return fail(ERR_NO_MEMORY, "parent");
    }
    /* Read once: what is checked here is what the children get. */
    enum err e = config_file(a, p->path, &text);
    if (e == OK) {
        e = config_parse(text, p->path, &fresh);
    }
    if (e == OK) {
        e = config_check_sandbox(fresh, p->sandbox);
    }
    if (e == OK) {
        e = config_check_files(fresh);
    }
    if (e == OK && p->config != NULL && config_needs_restart(p->config, fresh) != NULL) {
        log_event(LOG_WARN, CONFIG_LOADED,
                  LOG_Z("needs_restart", config_needs_restart(p->config, fresh)));
    }
    if (e != OK) {
        config_free(fresh);
        arena_free(a);
        return e;
    }
    config_free(p->config);
    arena_free(p->text_arena);
    p->config = fresh;
    p->text_arena = a;
    p->config_text = text;
    return OK;
}

static void tls_send(struct parent *p)
{
    struct control_tls m;
    struct arena *a = arena_new(0);
    if (a == NULL || !p->config->tls) {
        arena_free(a);
        return;
    }
    enum err e = start_tls(a, p->config, &m);
    if (e != OK) {
        log_failure(LOG_ERROR, TLS_FAILED, e);
        arena_free(a);
        return;
    }
    struct buf b = buf_in(a);
    put_control_tls(&b, &m);
    for (size_t i = 0; i < p->n; i++) {
        if (p->children[i].pid != 0 && p->children[i].role == ROLE_WEB) {
            (void)!child_tell(&p->children[i], CONTROL_TLS, buf_str(&b), -1);
        }
    }
    arena_free(a);
}

static bool file_changed(const char *path, struct file_mark *mark)
{
    struct stat about;
    if (stat(path, &about) != 0) {
        return false; /* being replaced: looked at again soon */
    }
    bool changed = about.st_mtim.tv_sec != mark->changed.tv_sec ||
                   about.st_mtim.tv_nsec != mark->changed.tv_nsec || about.st_ino != mark->inode ||
                   about.st_size != mark->size;
    *mark = (struct file_mark){about.st_mtim, about.st_ino, about.st_size};
    return changed;
}

static bool tls_files_changed(struct parent *p)
{
    if (!p->config->tls || strncmp(p->config->tls_key_file, "credential:", 11) == 0) {
        return false;
    }
    bool certificate = file_changed(p->config->tls_certificate_file, &p->certificate);
    bool key = file_changed(p->config->tls_key_file, &p->key);
    return certificate || key;
}

void parent_on_watch(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct parent *p = arg;
    if (tls_files_changed(p)) {
        tls_send(p);
    }
    parent_timer(p->watch, WATCH_FILES_MS);
}

void parent_on_reload(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct parent *p = arg;
    upgrade_cancel(p, "the configuration was reloaded meanwhile; try again");
    service_manager_tell_reloading(&p->manager);
    enum err e = parent_config_load(p);
    if (e != OK) {
        log_failure(LOG_ERROR, CONFIG_REFUSED, e);
        service_manager_tell(&p->manager,
                             "READY=1\nSTATUS=the configuration was refused, the old one stays");
        return;
    }
    process_log_configure(p->config, ROLE_PARENT, -1);
    log_event(LOG_INFO, CONFIG_LOADED, LOG_Z("file", p->path));
    for (size_t i = 0; i < p->n; i++) {
        if (p->children[i].pid != 0) {
            (void)!child_tell(&p->children[i], CONTROL_CONFIG, p->config_text, -1);
        }
    }
    (void)tls_files_changed(p);
    tls_send(p);
    service_manager_tell(&p->manager, "READY=1\nSTATUS=serving");
}

void parent_watch_begin(struct parent *p)
{
    (void)tls_files_changed(p);
    parent_timer(p->watch, WATCH_FILES_MS);
}
