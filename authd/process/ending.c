/* The end of a set of processes: told to end, or relieved by those of a new program.  Each phase is
 * over when none of its processes runs; who does not end in time is killed.  Must not end a process
 * before those that ask it. */
#include <signal.h>

#include "process/handover.h"
#include "process/parent.h"

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

void child_drain(struct child *c)
{
    uint8_t relieved = c->parent->upgrade.state == UPGRADE_STATE_DONE;
    if (c->pid != 0) {
        (void)!child_tell(c, CONTROL_DRAIN, str_of((const char *)&relieved, 1), -1);
    }
}

static void drain_send(struct parent *p)
{
    for (size_t i = 0; i < p->n; i++) {
        struct child *c = &p->children[i];
        evtimer_del(c->again);
        if (drain_phase(c->role) == (int)p->phase) {
            child_drain(c);
        }
    }
}

void ending_go_on(struct parent *p)
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

void parent_kill_all(struct parent *p)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->children[i].pid != 0) {
            kill(p->children[i].pid, SIGKILL);
        }
    }
}

void ending_on_give_up(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    parent_kill_all(arg);
}

void ending_on_stop(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct parent *p = arg;
    if (p->phase != WORKING) {
        parent_kill_all(p); /* asked twice */
        return;
    }
    if (p->heir_fd >= 0) {
        heir_give_up(p, "the new program was told to end");
        return;
    }
    upgrade_cancel(p, "authd was told to end");
    p->phase = DRAINING_WEBS;
    service_manager_tell(&p->manager, "STOPPING=1\nSTATUS=finishing what is in progress");
    drain_send(p);
    parent_timer(p->give_up, DRAIN_WITHIN_MS);
    ending_go_on(p);
}

/* Clerk and courier work until the last old web is gone: what it writes is delivered, and a key
 * that is revoked meanwhile is revoked for it, too. */
void parent_relieve(struct parent *p)
{
    p->phase = DRAINING_WEBS;
    /* First of all: whoever asks after the upgrade was told of is answered by the heir. */
    for (size_t i = 0; i < p->n; i++) {
        if (p->children[i].role == ROLE_ADMIN) {
            child_drain(&p->children[i]);
        }
    }
    children_status_send(p);
    drain_send(p);
    parent_timer(p->give_up, p->config->idle_timeout_ms + DRAIN_WITHIN_MS);
    ending_go_on(p);
}
