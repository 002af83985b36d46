/* The parent: opens the sockets, starts the processes, and hears of their ends.  It reads no
 * request and no database row; keys pass through it only on the way to a child that begins
 * (start.c).  Must not block. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "log/log.h"
#include "proc/drop.h"
#include "proc/spawn.h"
#include "process/handover.h"
#include "process/parent.h"
#include "process/sockets.h"

void parent_timer(struct event *timer, int64_t ms)
{
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
    evtimer_add(timer, &tv);
}

/* The service manager. */

void parent_tell_ready(struct parent *p)
{
    if (p->heir_fd >= 0) {
        if (children_all_ready(p)) {
            heir_ready(p);
        }
        return;
    }
    if (!p->told_ready && p->phase == WORKING && children_all_ready(p)) {
        p->told_ready = true;
        service_manager_tell(&p->manager, "READY=1\nSTATUS=serving");
    }
}

static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct parent *p = arg;
    service_manager_live(&p->manager);
    parent_timer(p->watchdog, p->manager.watchdog_ms / 2);
}

static void watchdog_begin(struct parent *p)
{
    if (p->manager.watchdog_ms > 0) {
        service_manager_live(&p->manager);
        parent_timer(p->watchdog, p->manager.watchdog_ms / 2);
    }
}

/* Ends of children. */

static void child_ended(struct child *c, int status)
{
    struct parent *p = c->parent;
    pid_t pid = c->pid;
    bool ordered = c->cut_off && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    child_lost(c);
    evtimer_del(c->again);
    if (p->heir_fd >= 0) {
        char why[80];
        (void)snprintf(why, sizeof why, "process %s %u of the new program ended",
                       plumbing_role(c->role)->name, c->number);
        heir_give_up(p, why);
        return;
    }
    if (p->phase == WORKING) {
        if (!ordered) {
            log_event(
                LOG_ERROR, PROCESS_DIED, LOG_Z("name", plumbing_role(c->role)->name),
                LOG_INT("number", c->number), LOG_INT("pid", pid),
                LOG_Z("how", WIFSIGNALED(status) ? "signal" : "exit"),
                LOG_INT("value", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)));
        }
        child_start_later(c);
        children_status_send(p);
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
        if (upgrade_ended(p, pid, status)) {
            continue;
        }
        for (size_t i = 0; i < p->n; i++) {
            if (p->children[i].pid == pid) {
                child_ended(&p->children[i], status);
            }
        }
    }
    ending_go_on(p);
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
            c->again = evtimer_new(p->base, child_on_again, c);
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
    } all[] = {{SIGTERM, ending_on_stop},
               {SIGINT, ending_on_stop},
               {SIGHUP, parent_on_reload},
               {SIGCHLD, on_child},
               {SIGUSR2, upgrade_on_signal}};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        p->signals[i] = evsignal_new(p->base, all[i].number, all[i].fn, p);
        if (p->signals[i] == NULL || event_add(p->signals[i], NULL) != 0) {
            return fail(ERR_NO_MEMORY, "parent: signals");
        }
    }
    (void)signal(SIGPIPE, SIG_IGN);
    p->watch = evtimer_new(p->base, parent_on_watch, p);
    p->give_up = evtimer_new(p->base, ending_on_give_up, p);
    p->watchdog = evtimer_new(p->base, on_watchdog, p);
    if (p->watch == NULL || p->give_up == NULL || p->watchdog == NULL) {
        return fail(ERR_NO_MEMORY, "parent: timers");
    }
    return OK;
}

/* What is handed over is used, what is missing is opened. */
static enum err sockets_open(struct parent *p)
{
    if (p->heir_fd >= 0) {
        TRY(heir_sockets(p));
    }
    if (p->authctl_fd < 0) {
        TRY(socket_control(p->config, p->control_key, &p->authctl_fd));
    }
    if (p->http_fd < 0 && p->heir_fd < 0) {
        TRY(service_manager_socket(p->config, &p->http_fd));
    }
    if (p->http_fd < 0) {
        TRY(socket_http(p->config, &p->http_fd));
    }
    if (p->metrics_fd < 0 && p->config->metrics_host != NULL) {
        TRY(socket_metrics(p->config, &p->metrics_fd));
    }
    return OK;
}

/* For the clerk, which can open nothing.  What is written to it is on the disk when the call
 * returns, and goes to its end whoever else writes. */
static enum err ledger_open(struct parent *p)
{
    const char *path = p->config->erasures_ledger_file;
    if (path[0] == '\0') {
        return OK;
    }
    p->ledger_fd = open(path, O_RDWR | O_APPEND | O_DSYNC | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    return p->ledger_fd >= 0 ? OK
                             : fail(ERR_UNAVAILABLE, "erasures.ledger_file %s can't be opened: %s",
                                    path, strerror(errno));
}

static enum err set_up(struct parent *p)
{
    TRY(spawn_remember());
    TRY(spawn_path(p->program, sizeof p->program));
    TRY(parent_config_load(p));
    process_log_configure(p->config, ROLE_PARENT, -1);
    TRY(user_find(p));
    TRY(sockets_open(p));
    TRY(ledger_open(p));
    struct board_slot *slots;
    TRY(board_new(&p->board_fd));
    TRY(board_open(p->board_fd, CHILDREN_MAX, "parent", 0, &slots));
    log_count(slots[CHILDREN_MAX].events);
    p->base = event_base_new();
    if (p->base == NULL) {
        return fail(ERR_NO_MEMORY, "parent: loop");
    }
    TRY(signals_catch(p));
    if (p->heir_fd >= 0) {
        TRY(heir_listen(p));
    }
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
    if (p->watchdog != NULL) {
        event_free(p->watchdog);
    }
    service_manager_close(&p->manager);
    upgrade_free(p);
    if (p->heir_hearing != NULL) {
        event_free(p->heir_hearing);
    }
    if (p->authctl_fd >= 0) {
        /* Not ours any more, or not yet. */
        if (!p->upgrade.authctl_given && !(p->heir_fd >= 0 && p->authctl_taken)) {
            socket_control_remove(p->config);
            pid_file_remove(p->config);
        }
        close(p->authctl_fd);
    }
    if (p->heir_fd >= 0) {
        close(p->heir_fd);
    }
    if (p->http_fd >= 0) {
        close(p->http_fd);
    }
    if (p->metrics_fd >= 0) {
        close(p->metrics_fd);
    }
    if (p->ledger_fd >= 0) {
        close(p->ledger_fd);
    }
    if (p->board_fd >= 0) {
        close(p->board_fd);
    }
    if (p->base != NULL) {
        event_base_free(p->base);
    }
    config_free(p->config);
    arena_free(p->text_arena);
    free(p);
}

void parent_in_charge(struct parent *p)
{
    log_event(LOG_INFO, UPGRADE_TAKEN, LOG_INT("pid", getpid()));
    pid_file_write(p->config);
    p->told_ready = false;
    parent_tell_ready(p);
    watchdog_begin(p);
    children_status_send(p);
}

int parent_run(const char *path, bool sandbox, char *const argv[])
{
    struct parent *p = calloc(1, sizeof(*p));
    if (p == NULL) {
        return 1;
    }
    p->path = path;
    p->argv = argv;
    p->heir_fd = handover_take();
    p->upgrade.fd = -1;
    p->sandbox = sandbox;
    p->started_at = clock_now_s();
    p->http_fd = p->authctl_fd = p->metrics_fd = p->board_fd = p->ledger_fd = -1;
    service_manager_open(&p->manager);
    log_configure(LOG_KEY_VALUE, LOG_INFO, "parent", -1);
    enum err e = set_up(p);
    if (e != OK) {
        if (p->heir_fd >= 0) {
            heir_refuse(p, err_reason());
        }
        log_failure(LOG_ERROR, CONFIG_REFUSED, e);
        tear_down(p);
        return 1;
    }
    log_event(LOG_INFO, CONFIG_LOADED, LOG_Z("file", path));
    for (size_t i = 0; i < p->n; i++) {
        child_start(&p->children[i]);
    }
    parent_watch_begin(p);
    if (p->heir_fd < 0) {
        pid_file_write(p->config);
        watchdog_begin(p);
    }
    event_base_dispatch(p->base);
    int status = p->failed ? 1 : 0;
    log_event(LOG_INFO, PROCESS_STOPPED,
              LOG_Z("how", p->failed                                ? "gave up"
                           : p->upgrade.state == UPGRADE_STATE_DONE ? "relieved"
                                                                    : "drained"));
    tear_down(p);
    return status;
}
