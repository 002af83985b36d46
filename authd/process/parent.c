/* The parent: opens the sockets, starts the processes, makes the channels between them, starts
 * again what died, reloads, drains.  It reads no request and no database row; keys pass through it
 * only on the way to a child that begins (start.c).  Must not block: a child that does not listen
 * is killed, not waited for. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/json.h"
#include "log/log.h"
#include "proc/drop.h"
#include "proc/spawn.h"
#include "process/sockets.h"
#include "process/start.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MOST_MS 10000
#define LIVED_WELL_MS 60000
#define READY_WITHIN_MS 60000
#define DRAIN_WITHIN_MS 20000
#define WATCH_FILES_MS 5000
#define CHILDREN_MAX 256

struct parent;

struct child {
    struct parent *parent;
    enum role role;
    uint32_t number;
    pid_t pid; /* 0: not running */
    int control;
    bool ready;
    int64_t started_ms;
    int64_t backoff_ms;
    unsigned restarts;
    struct event *again;   /* starts it after the back-off; kills it when it never gets ready */
    struct event *hearing; /* the control socket */
    char missing[128];
};

struct file_mark { /* to notice that a file was replaced */
    struct timespec changed;
    ino_t inode;
    off_t size;
};

struct parent {
    struct event_base *base;
    const char *path;
    struct config *config;
    struct arena *text_arena;
    struct str config_text; /* of `config` */
    struct child children[CHILDREN_MAX];
    size_t n;
    int http_fd, authctl_fd;
    bool change_user;
    uid_t uid;
    gid_t gid;
    enum { WORKING, DRAINING_WEBS, DRAINING_CALLERS, DRAINING_SERVERS } phase;
    struct event *signals[5];
    struct event *watch;
    struct event *give_up;
    struct file_mark certificate, key;
    uint8_t frame[FRAME_MAX];
};

static void child_start(struct child *c);

static void timer_set(struct event *timer, int64_t ms)
{
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
    evtimer_add(timer, &tv);
}

/* Status, for `authctl status`. */

static struct child *child_of(struct parent *p, enum role role, uint32_t number)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->children[i].role == role && p->children[i].number == number) {
            return &p->children[i];
        }
    }
    return NULL;
}

static void status_send(struct parent *p)
{
    struct child *admin = child_of(p, ROLE_ADMIN, 0);
    struct arena *a = arena_new(0);
    if (admin == NULL || admin->pid == 0 || !admin->ready || a == NULL) {
        arena_free(a);
        return;
    }
    json_t *list = json_own(a, json_array());
    for (size_t i = 0; i < p->n; i++) {
        const struct child *c = &p->children[i];
        json_t *o = json_object();
        json_object_set_new(o, "name", json_string(plumbing_role(c->role)->name));
        json_object_set_new(o, "number", json_integer((json_int_t)c->number));
        json_object_set_new(o, "pid", json_integer((json_int_t)c->pid));
        json_object_set_new(o, "ready", json_boolean(c->ready));
        json_object_set_new(o, "restarts", json_integer((json_int_t)c->restarts));
        json_object_set_new(o, "sandbox_missing", json_string(c->missing));
        json_array_append_new(list, o);
    }
    (void)!control_send(admin->control, CONTROL_STATUS, json_text(a, list), -1);
    arena_free(a);
}

/* Channels. */

static enum err channel_send(const struct child *to, const struct child *other, bool serve,
                             enum channel as, int fd)
{
    struct arena *a = arena_new(0);
    if (a == NULL) {
        return fail(ERR_NO_MEMORY, "parent");
    }
    struct control_channel m = {.serve = serve,
                                .other = (uint8_t)other->role,
                                .number = other->number,
                                .channel = (uint8_t)as};
    struct buf b = buf_in(a);
    put_control_channel(&b, &m);
    enum err e = control_send(to->control, CONTROL_CHANNEL, buf_str(&b), fd);
    arena_free(a);
    return e;
}

static enum err channel_make(const struct child *from, const struct child *to, enum channel as)
{
    int pair[2];
    TRY(frame_pair(pair));
    enum err e = channel_send(to, from, true, as, pair[1]);
    if (e == OK) {
        e = channel_send(from, to, false, as, pair[0]);
    }
    close(pair[0]);
    close(pair[1]);
    return e;
}

/* All channels between c and those that run already; later ones make theirs when they start. */
static enum err channels_make(struct child *c)
{
    struct parent *p = c->parent;
    size_t n;
    const struct link_plan *links = plumbing_links(&n);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < p->n; k++) {
            struct child *other = &p->children[k];
            if (other == c || other->pid == 0) {
                continue;
            }
            if (links[i].from == c->role && links[i].to == other->role) {
                TRY(channel_make(c, other, links[i].as));
            } else if (links[i].to == c->role && links[i].from == other->role) {
                (void)!channel_make(other, c, links[i].as); /* if it is gone, it will start again */
            }
        }
    }
    return OK;
}

/* Starting. */

static enum err start_send(struct child *c)
{
    struct parent *p = c->parent;
    struct arena *a = arena_new(0);
    if (a == NULL) {
        return fail(ERR_NO_MEMORY, "parent");
    }
    struct control_start m = {.role = (uint8_t)c->role,
                              .number = c->number,
                              .change_user = p->change_user,
                              .uid = p->uid,
                              .gid = p->gid,
                              .config_path = str_from(p->config->path),
                              .config_text = p->config_text};
    for (size_t i = 0; i < p->n; i++) {
        m.members[p->children[i].role]++;
    }
    enum err e = start_secrets(a, p->config, c->role, &m);
    if (e == OK) {
        struct buf b = buf_in(a);
        put_control_start(&b, &m);
        e = control_send(c->control, CONTROL_START, buf_str(&b), -1);
    }
    arena_free(a);
    return e;
}

static enum err beginning_send(struct child *c)
{
    struct parent *p = c->parent;
    TRY(start_send(c));
    TRY(channels_make(c));
    if (c->role == ROLE_WEB) {
        TRY(control_send(c->control, CONTROL_LISTEN, STR(""), p->http_fd));
    } else if (c->role == ROLE_ADMIN) {
        TRY(control_send(c->control, CONTROL_LISTEN, STR(""), p->authctl_fd));
    }
    return control_send(c->control, CONTROL_GO, STR(""), -1);
}

static void child_lost(struct child *c)
{
    if (c->hearing != NULL) {
        event_free(c->hearing);
        c->hearing = NULL;
    }
    if (c->control >= 0) {
        close(c->control);
        c->control = -1;
    }
    c->pid = 0;
    c->ready = false;
}

static void start_later(struct child *c)
{
    int64_t lived = clock_mono_ms() - c->started_ms;
    c->backoff_ms =
        lived > LIVED_WELL_MS || c->backoff_ms == 0 ? BACKOFF_FIRST_MS : c->backoff_ms * 2;
    c->backoff_ms = c->backoff_ms > BACKOFF_MOST_MS ? BACKOFF_MOST_MS : c->backoff_ms;
    c->restarts++;
    timer_set(c->again, c->backoff_ms);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct child *c = arg;
    if (c->pid == 0) {
        if (c->parent->phase == WORKING) {
            child_start(c);
        }
    } else if (!c->ready) {
        log_event(LOG_ERROR, PROCESS_DIED, LOG_Z("name", plumbing_role(c->role)->name),
                  LOG_INT("number", c->number), LOG_Z("how", "it did not get ready in time"));
        kill(c->pid, SIGKILL);
    }
}

static void on_hearing(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct child *c = arg;
    struct str frame;
    struct message m;
    bool broken;
    enum err e = frame_receive((int)fd, c->parent->frame, &frame, NULL);
    if (e != OK) {
        event_del(c->hearing); /* SIGCHLD will tell the rest */
        return;
    }
    if (!frame_next(&frame, &m, &broken) || m.op != CONTROL_READY) {
        return;
    }
    c->ready = true;
    size_t n = m.payload.n < sizeof(c->missing) - 1 ? m.payload.n : sizeof(c->missing) - 1;
    memcpy(c->missing, m.payload.p, n);
    c->missing[n] = '\0';
    evtimer_del(c->again);
    status_send(c->parent);
}

static void child_start(struct child *c)
{
    struct parent *p = c->parent;
    char title[40];
    int pair[2];
    c->started_ms = clock_mono_ms();
    enum err e = frame_pair(pair);
    if (e == OK) {
        snprintf(title, sizeof(title), "authd: %s %u", plumbing_role(c->role)->name, c->number);
        e = spawn_process(title, pair[1], &c->pid);
        close(pair[1]);
        c->control = pair[0];
        if (e != OK) {
            c->pid = 0;
            child_lost(c);
        }
    }
    if (e == OK) {
        c->hearing = event_new(p->base, c->control, EV_READ | EV_PERSIST, on_hearing, c);
        if (c->hearing == NULL) {
            bug("parent: no event");
        }
        event_add(c->hearing, NULL);
        e = beginning_send(c);
        if (e != OK) {
            kill(c->pid, SIGKILL); /* its end starts it again, with back-off */
        } else {
            timer_set(c->again, READY_WITHIN_MS);
        }
    }
    if (e != OK) {
        log_failure(LOG_ERROR, PROCESS_DIED, e, LOG_Z("name", plumbing_role(c->role)->name),
                    LOG_INT("number", c->number));
        if (c->pid == 0) {
            start_later(c);
        }
    }
}

/* Ending. */

/* The order of an end: those that hold requests, then those that only ask, then those that answer.
 */
static int drain_phase(enum role role)
{
    switch (role) {
    case ROLE_WEB:
        return DRAINING_WEBS;
    case ROLE_SIGNER:
    case ROLE_VERIFIER:
        return DRAINING_SERVERS;
    default:
        return DRAINING_CALLERS;
    }
}

static bool any_runs(const struct parent *p, int phase)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->children[i].pid != 0 && drain_phase(p->children[i].role) == phase) {
            return true;
        }
    }
    return false;
}

static void drain_send(struct parent *p)
{
    for (size_t i = 0; i < p->n; i++) {
        struct child *c = &p->children[i];
        evtimer_del(c->again);
        if (c->pid != 0 && drain_phase(c->role) == (int)p->phase &&
            control_send(c->control, CONTROL_DRAIN, STR(""), -1) != OK) {
            kill(c->pid, SIGKILL);
        }
    }
}

static void drain_go_on(struct parent *p)
{
    while (p->phase != WORKING && !any_runs(p, (int)p->phase)) {
        if (p->phase == DRAINING_SERVERS) {
            event_base_loopbreak(p->base);
            return;
        }
        p->phase++;
        drain_send(p);
    }
}

static void kill_all(struct parent *p)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->children[i].pid != 0) {
            kill(p->children[i].pid, SIGKILL);
        }
    }
}

static void on_give_up(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    kill_all(arg);
}

static void on_stop(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct parent *p = arg;
    if (p->phase != WORKING) {
        kill_all(p); /* asked twice */
        return;
    }
    p->phase = DRAINING_WEBS;
    drain_send(p);
    timer_set(p->give_up, DRAIN_WITHIN_MS);
    drain_go_on(p);
}

static void child_ended(struct child *c, int status)
{
    struct parent *p = c->parent;
    pid_t pid = c->pid;
    child_lost(c);
    evtimer_del(c->again);
    if (p->phase == WORKING) {
        log_event(LOG_ERROR, PROCESS_DIED, LOG_Z("name", plumbing_role(c->role)->name),
                  LOG_INT("number", c->number), LOG_INT("pid", pid),
                  LOG_Z("how", WIFSIGNALED(status) ? "signal" : "exit"),
                  LOG_INT("value", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)));
        start_later(c);
        status_send(p);
    }
}

static void on_child(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct parent *p = arg;
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < p->n; i++) {
            if (p->children[i].pid == pid) {
                child_ended(&p->children[i], status);
            }
        }
    }
    drain_go_on(p);
}

/* Reload. */

static enum err config_load(struct parent *p)
{
    struct config *fresh = NULL;
    struct str text;
    struct arena *a = arena_new(0);
    if (a == NULL) {
        return fail(ERR_NO_MEMORY, "parent");
    }
    enum err e = config_read(p->path, &fresh);
    if (e == OK) {
        e = config_file(a, p->path, &text);
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
            (void)!control_send(p->children[i].control, CONTROL_TLS, buf_str(&b), -1);
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

static void on_watch(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct parent *p = arg;
    if (tls_files_changed(p)) {
        tls_send(p);
    }
    timer_set(p->watch, WATCH_FILES_MS);
}

static void on_reload(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct parent *p = arg;
    enum err e = config_load(p);
    if (e != OK) {
        log_failure(LOG_ERROR, CONFIG_REFUSED, e);
        return;
    }
    process_log_configure(p->config, ROLE_PARENT, -1);
    log_event(LOG_INFO, CONFIG_LOADED, LOG_Z("file", p->path));
    for (size_t i = 0; i < p->n; i++) {
        if (p->children[i].pid != 0) {
            (void)!control_send(p->children[i].control, CONTROL_CONFIG, p->config_text, -1);
        }
    }
    (void)tls_files_changed(p);
    tls_send(p);
}

/* Beginning. */

static enum err user_find(struct parent *p)
{
    if (geteuid() != 0 || p->config->user[0] == '\0') {
        return OK;
    }
    const struct passwd *entry = getpwnam(p->config->user);
    if (entry == NULL) {
        return fail(ERR_INPUT, "there is no system user %s", p->config->user);
    }
    p->change_user = true;
    p->uid = entry->pw_uid;
    p->gid = entry->pw_gid;
    return OK;
}

static enum err children_plan(struct parent *p)
{
    /* Those that serve begin first, so that nobody waits for a channel. */
    static const enum role order[] = {ROLE_SIGNER, ROLE_VERIFIER, ROLE_CLERK,
                                      ROLE_WEB,    ROLE_COURIER,  ROLE_ADMIN};
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        size_t n = plumbing_count(p->config, order[i]);
        for (size_t k = 0; k < n; k++) {
            if (p->n == CHILDREN_MAX) {
                return fail(ERR_INPUT, "more than %d processes", CHILDREN_MAX);
            }
            struct child *c = &p->children[p->n++];
            *c =
                (struct child){.parent = p, .role = order[i], .number = (uint32_t)k, .control = -1};
            c->again = evtimer_new(p->base, on_again, c);
            if (c->again == NULL) {
                return fail(ERR_NO_MEMORY, "parent");
            }
        }
    }
    return OK;
}

static enum err signals_catch(struct parent *p)
{
    static const struct {
        int number;
        event_callback_fn fn;
    } all[] = {{SIGTERM, on_stop}, {SIGINT, on_stop}, {SIGHUP, on_reload}, {SIGCHLD, on_child}};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        p->signals[i] = evsignal_new(p->base, all[i].number, all[i].fn, p);
        if (p->signals[i] == NULL || event_add(p->signals[i], NULL) != 0) {
            return fail(ERR_NO_MEMORY, "parent: signals");
        }
    }
    (void)signal(SIGPIPE, SIG_IGN);
    p->watch = evtimer_new(p->base, on_watch, p);
    p->give_up = evtimer_new(p->base, on_give_up, p);
    if (p->watch == NULL || p->give_up == NULL) {
        return fail(ERR_NO_MEMORY, "parent: timers");
    }
    return OK;
}

static enum err set_up(struct parent *p)
{
    TRY(spawn_remember());
    TRY(config_load(p));
    process_log_configure(p->config, ROLE_PARENT, -1);
    TRY(user_find(p));
    TRY(socket_control(p->config, &p->authctl_fd));
    TRY(socket_http(p->config, &p->http_fd));
    p->base = event_base_new();
    if (p->base == NULL) {
        return fail(ERR_NO_MEMORY, "parent: loop");
    }
    TRY(signals_catch(p));
    TRY(children_plan(p));
    drop_to_parent();
    return OK;
}

static void tear_down(struct parent *p)
{
    for (size_t i = 0; i < p->n; i++) {
        child_lost(&p->children[i]);
        if (p->children[i].again != NULL) {
            event_free(p->children[i].again);
        }
    }
    for (size_t i = 0; i < sizeof(p->signals) / sizeof(p->signals[0]); i++) {
        if (p->signals[i] != NULL) {
            event_free(p->signals[i]);
        }
    }
    if (p->watch != NULL) {
        event_free(p->watch);
    }
    if (p->give_up != NULL) {
        event_free(p->give_up);
    }
    if (p->authctl_fd >= 0) {
        socket_control_remove(p->config);
        close(p->authctl_fd);
    }
    if (p->http_fd >= 0) {
        close(p->http_fd);
    }
    if (p->base != NULL) {
        event_base_free(p->base);
    }
    config_free(p->config);
    arena_free(p->text_arena);
    free(p);
}

int parent_run(const char *path)
{
    struct parent *p = calloc(1, sizeof(*p));
    if (p == NULL) {
        return 1;
    }
    p->path = path;
    p->http_fd = p->authctl_fd = -1;
    log_configure(LOG_KEY_VALUE, LOG_INFO, "parent", -1);
    enum err e = set_up(p);
    if (e != OK) {
        log_failure(LOG_ERROR, CONFIG_REFUSED, e);
        tear_down(p);
        return 1;
    }
    log_event(LOG_INFO, CONFIG_LOADED, LOG_Z("file", path));
    for (size_t i = 0; i < p->n; i++) {
        child_start(&p->children[i]);
    }
    (void)tls_files_changed(p);
    timer_set(p->watch, WATCH_FILES_MS);
    event_base_dispatch(p->base);
    log_event(LOG_INFO, PROCESS_STOPPED, LOG_Z("how", "drained"));
    tear_down(p);
    return 0;
}
