/* The exchange of all processes for those of the program that stands now where this one was
 * started from: SIGUSR2, or `authctl upgrade`.
 *
 * The parent starts the new program as its heir and hands it the listening sockets
 * (process/handover.h).  The heir reads the configuration, starts its own processes and says READY
 * when all of them have their database, the schema they need and the keys; until then it accepts
 * nothing.  If it can't, it says why and ends, and nothing has changed here.  When it is ready it
 * becomes the service, and the processes of this parent finish: no connection is refused, because
 * the sockets are never closed; none is lost, because http/server.h closes a connection with its
 * next answer or when it would have been closed anyway.
 *
 * The heir's side is heir.c.  Must not serve anything itself, and must not wait. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "log/log.h"
#include "proc/frame.h"
#include "proc/spawn.h"
#include "process/handover.h"
#include "process/parent.h"

#define READY_WITHIN_MS 90000
#define EXTRA_VARIABLES 3

static void forget(struct parent *p)
{
    struct upgrade *x = &p->upgrade;
    if (x->hearing != NULL) {
        event_free(x->hearing);
        x->hearing = NULL;
    }
    if (x->fd >= 0) {
        close(x->fd);
        x->fd = -1;
    }
    if (x->late != NULL) {
        evtimer_del(x->late);
    }
}

/* The old processes serve on. */
static void refused(struct parent *p, const char *why)
{
    struct upgrade *x = &p->upgrade;
    char status[HANDOVER_TEXT_MAX + 80];
    x->state = UPGRADE_STATE_REFUSED;
    (void)snprintf(x->why, sizeof x->why, "%s", why);
    log_event(LOG_ERROR, UPGRADE_REFUSED, LOG_Z("why", x->why), LOG_INT("pid", x->pid));
    (void)snprintf(status, sizeof status, "READY=1\nSTATUS=upgrade refused, the old one serves: %s",
                   x->why);
    service_manager_tell(&p->manager, status);
    forget(p); /* the heir hears that it is over, and ends with its processes */
    children_status_send(p);
}

void upgrade_cancel(struct parent *p, const char *why)
{
    if (p->upgrade.state == UPGRADE_STATE_PREPARING) {
        refused(p, why);
    }
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct parent *p = arg;
    kill(p->upgrade.pid, SIGKILL);
    upgrade_cancel(p, "the new program did not get ready in time");
}

/* All processes of the heir can serve. */
static void hand_over(struct parent *p, const struct handover_said *said)
{
    struct upgrade *x = &p->upgrade;
    char text[64];
    /* In this order: the service manager takes MAINPID= from us only while we are the main
     * process, and READY=1 from the heir only when it is. */
    (void)snprintf(text, sizeof text, "MAINPID=%ld", (long)x->pid);
    service_manager_tell(&p->manager, text);
    if (handover_say(x->fd, HANDOVER_YOURS, "", false, -1) != OK) {
        (void)snprintf(text, sizeof text, "MAINPID=%ld", (long)getpid());
        service_manager_tell(&p->manager, text);
        upgrade_cancel(p, "the new program went away when it was ready");
        return;
    }
    x->state = UPGRADE_STATE_DONE;
    x->authctl_given = said->authctl;
    log_event(LOG_INFO, UPGRADE_DONE, LOG_Z("version", said->text), LOG_INT("pid", x->pid));
    forget(p);
    parent_relieve(p);
}

/* false: nothing was there. */
static bool hear(struct parent *p)
{
    struct handover_said said;
    bool any;
    if (handover_hear(p->upgrade.fd, p->frame, &said, &any) != OK) {
        event_del(p->upgrade.hearing); /* SIGCHLD tells the rest */
        return false;
    }
    if (!any) {
        return false;
    }
    if (said.fd >= 0) {
        close(said.fd);
    }
    if (said.op == HANDOVER_READY) {
        hand_over(p, &said);
    } else if (said.op == HANDOVER_REFUSED) {
        upgrade_cancel(p, said.text);
    }
    return true;
}

static void on_hearing(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)hear(arg);
}

bool upgrade_ended(struct parent *p, pid_t pid, int status)
{
    struct upgrade *x = &p->upgrade;
    char why[96];
    if (x->pid == 0 || pid != x->pid) {
        return false;
    }
    while (x->state == UPGRADE_STATE_PREPARING && hear(p)) {
        /* its last words tell more than its exit status */
    }
    (void)snprintf(why, sizeof why, "the new program ended before it was ready (%s %d)",
                   WIFSIGNALED(status) ? "signal" : "exit status",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    upgrade_cancel(p, why);
    x->pid = 0;
    return true;
}

/* Our environment, what the service manager gave, and where the heir finds us.  Freed by the
 * caller; the strings are not owned. */
static char **environment(const struct parent *p, char text[EXTRA_VARIABLES][160])
{
    extern char **environ;
    size_t n = 0, extra = 0;
    while (environ[n] != NULL) {
        n++;
    }
    char **out = calloc(n + EXTRA_VARIABLES + 1, sizeof *out);
    if (out == NULL) {
        return NULL;
    }
    memcpy(out, environ, n * sizeof *out);
    (void)snprintf(text[extra++], sizeof text[0], HANDOVER_VARIABLE "=%d", SPAWN_CONTROL_FD);
    if (p->manager.fd >= 0) {
        (void)snprintf(text[extra++], sizeof text[0], "NOTIFY_SOCKET=%s", p->manager.path);
        (void)snprintf(text[extra++], sizeof text[0], "WATCHDOG_USEC=%lld",
                       (long long)p->manager.watchdog_ms * 1000);
    }
    for (size_t i = 0; i < extra; i++) {
        out[n + i] = text[i];
    }
    return out;
}

static enum err sockets_give(const struct parent *p, int fd)
{
    TRY(handover_say(fd, HANDOVER_SOCKET, "http", false, p->http_fd));
    if (p->metrics_fd >= 0) {
        TRY(handover_say(fd, HANDOVER_SOCKET, "metrics", false, p->metrics_fd));
    }
    TRY(handover_say(fd, HANDOVER_SOCKET, "authctl", false, p->authctl_fd));
    return handover_say(fd, HANDOVER_BEGIN, "", false, -1);
}

static enum err start(struct parent *p)
{
    struct upgrade *x = &p->upgrade;
    char text[EXTRA_VARIABLES][160];
    int pair[2];
    char **envp = environment(p, text);
    if (envp == NULL) {
        return fail(ERR_NO_MEMORY, "upgrade");
    }
    enum err e = frame_pair(pair);
    if (e == OK) {
        e = spawn_program(p->program, p->argv, envp, pair[1], &x->pid);
        close(pair[1]);
        x->fd = pair[0];
    }
    free(envp);
    TRY(e);
    if (x->late == NULL) {
        x->late = evtimer_new(p->base, on_late, p);
    }
    x->hearing = event_new(p->base, x->fd, EV_READ | EV_PERSIST, on_hearing, p);
    if (x->hearing == NULL || x->late == NULL || event_add(x->hearing, NULL) != 0) {
        return fail(ERR_NO_MEMORY, "upgrade");
    }
    parent_timer(x->late, READY_WITHIN_MS);
    e = sockets_give(p, x->fd);
    return e == ERR_UNAVAILABLE ? OK : e; /* it has ended already: SIGCHLD tells how */
}

void upgrade_begin(struct parent *p)
{
    struct upgrade *x = &p->upgrade;
    if (p->phase != WORKING || p->heir_fd >= 0 || x->state == UPGRADE_STATE_PREPARING) {
        return; /* one at a time */
    }
    x->state = UPGRADE_STATE_PREPARING;
    x->number++;
    x->why[0] = '\0';
    log_event(LOG_INFO, UPGRADE_BEGUN, LOG_Z("program", p->program));
    service_manager_tell_reloading(&p->manager);
    children_status_send(p);
    if (start(p) != OK) {
        char why[HANDOVER_TEXT_MAX];
        (void)snprintf(why, sizeof why, "%s", err_reason());
        upgrade_cancel(p, why);
    }
}

void upgrade_on_signal(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    upgrade_begin(arg);
}

void upgrade_free(struct parent *p)
{
    forget(p);
    if (p->upgrade.late != NULL) {
        event_free(p->upgrade.late);
        p->upgrade.late = NULL;
    }
}

const char *upgrade_state_text(const struct upgrade *x)
{
    static const char *const words[] = {[UPGRADE_STATE_NONE] = "none",
                                        [UPGRADE_STATE_PREPARING] = "preparing",
                                        [UPGRADE_STATE_REFUSED] = "refused",
                                        [UPGRADE_STATE_DONE] = "done"};
    return words[x->state];
}
