/* The side of a new program that takes another's place without a gap (upgrade.c): takes the
 * listening sockets over, says when all processes can serve, and is in charge from the word YOURS.
 * Until then it tells the service manager nothing and removes nothing; when the old parent ends or
 * gives up first, it ends too. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "log/log.h"
#include "proc/frame.h"
#include "process/handover.h"
#include "process/parent.h"

#ifndef AUTHD_VERSION
#define AUTHD_VERSION "unknown"
#endif
#define SOCKETS_WITHIN_MS 10000

static void socket_keep(struct parent *p, const struct handover_said *said)
{
    const struct config *c = p->config;
    int *place = NULL;
    /* An address that was changed in the configuration is opened anew; the old one is closed when
     * the old processes end. */
    if (strcmp(said->text, "http") == 0 &&
        socket_listens_at(said->fd, c->listen_host, c->listen_port)) {
        place = &p->http_fd;
    } else if (strcmp(said->text, "metrics") == 0 && c->metrics_host != NULL &&
               socket_listens_at(said->fd, c->metrics_host, c->metrics_port)) {
        place = &p->metrics_fd;
    } else if (strcmp(said->text, "authctl") == 0 &&
               socket_control_take(c, said->fd, p->control_key) == OK) {
        place = &p->authctl_fd;
    }
    if (place == NULL || *place >= 0) {
        close(said->fd);
        return;
    }
    *place = said->fd;
}

enum err heir_sockets(struct parent *p)
{
    for (;;) {
        struct handover_said said;
        bool any;
        struct pollfd wait = {.fd = p->heir_fd, .events = POLLIN};
        int n = poll(&wait, 1, SOCKETS_WITHIN_MS);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return fail(ERR_TIMEOUT, "upgrade: the old authd hands over no sockets");
        }
        TRY(handover_hear(p->heir_fd, p->frame, &said, &any));
        if (!any) {
            continue;
        }
        if (said.fd >= 0) {
            socket_keep(p, &said);
        }
        if (said.op == HANDOVER_BEGIN) {
            p->authctl_taken = p->authctl_fd >= 0;
            return OK;
        }
    }
}

void heir_refuse(struct parent *p, const char *why)
{
    char text[HANDOVER_TEXT_MAX];
    (void)snprintf(text, sizeof text, "%s", why);
    (void)!handover_say(p->heir_fd, HANDOVER_REFUSED, text, false, -1);
}

void heir_give_up(struct parent *p, const char *why)
{
    heir_refuse(p, why);
    p->failed = true;
    parent_kill_all(p);
    event_base_loopbreak(p->base);
}

void heir_ready(struct parent *p)
{
    if (!p->told_ready &&
        handover_say(p->heir_fd, HANDOVER_READY, AUTHD_VERSION, p->authctl_taken, -1) == OK) {
        p->told_ready = true;
    }
}

static void on_hearing(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct parent *p = arg;
    struct handover_said said;
    bool any;
    if (handover_hear((int)fd, p->frame, &said, &any) != OK) {
        heir_give_up(p, "");
        return;
    }
    if (!any || said.op != HANDOVER_YOURS) {
        return;
    }
    event_free(p->heir_hearing);
    p->heir_hearing = NULL;
    close(p->heir_fd);
    p->heir_fd = -1;
    parent_in_charge(p);
}

enum err heir_listen(struct parent *p)
{
    p->heir_hearing = event_new(p->base, p->heir_fd, EV_READ | EV_PERSIST, on_hearing, p);
    if (p->heir_hearing == NULL || event_add(p->heir_hearing, NULL) != 0) {
        return fail(ERR_NO_MEMORY, "upgrade");
    }
    return OK;
}
