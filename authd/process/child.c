/* A child from its first instruction to its end: what the parent hands over, what it gives up
 * before it reads anything foreign, and the control socket while it works.  Must not outlive the
 * parent. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/ct.h"
#include "base/rand.h"
#include "log/log.h"
#include "proc/drop.h"
#include "proc/sandbox.h"
#include "proc/spawn.h"
#include "process/inside.h"
#include "process/json_memory.h"

#define STACKS_WITHOUT_HTTP 256

/* Channels. */

static struct peer **peer_of(struct process *self, uint8_t other)
{
    switch (other) {
    case ROLE_SIGNER:
        return &self->signers;
    case ROLE_VERIFIER:
        return &self->verifiers;
    case ROLE_WEB:
        return &self->webs;
    default:
        return NULL;
    }
}

static void served_add(struct process *self, const struct control_channel *m, int fd)
{
    struct process_inside *in = self->inside;
    struct served *at = NULL;
    for (size_t i = 0; i < in->n_served; i++) {
        if (in->served[i].other == m->other && in->served[i].number == m->number) {
            at = &in->served[i];
            if (self->loop == NULL && at->fd >= 0) {
                close(at->fd); /* with a loop the peer layer closes what it was given */
            }
        }
    }
    if (at == NULL) {
        if (in->n_served == SERVED_MAX) {
            close(fd);
            return;
        }
        at = &in->served[in->n_served++];
    }
    *at = (struct served){fd, m->other, m->number, m->channel, m->life};
    if (self->loop != NULL && in->ready && self->serve != NULL) {
        peer_serve(self->loop, fd, self->serve, self->app);
    }
}

static enum err channel_take(struct process *self, struct str payload, int fd)
{
    struct control_channel m;
    TRY(get_control_channel(payload, &m));
    if (m.serve != 0) {
        served_add(self, &m, fd);
        return OK;
    }
    struct peer **peer = peer_of(self, m.other);
    if (peer == NULL || *peer == NULL) {
        close(fd);
        return fail(ERR_INTERNAL, "child: a channel nobody waits for");
    }
    peer_channel(*peer, m.number, fd);
    if (self->inside->ready && self->on_channel != NULL) {
        self->on_channel(self);
    }
    return OK;
}

/* Changes while it works. */

static void free_config(void *arg)
{
    config_free(arg);
}

static enum err config_take(struct process *self, struct str text)
{
    struct config *fresh;
    TRY(config_parse(text, self->config->path, &fresh));
    struct config *old = self->inside->config;
    self->inside->config = fresh;
    self->config = fresh;
    process_log_configure(fresh, self->role, self->number);
    if (self->on_config != NULL) {
        self->on_config(self);
    }
    /* A request in progress may still read the old snapshot: it is kept until the process ends.
     * Reloads are rare and a snapshot has a few hundred bytes. */
    arena_defer(self->inside->arena, free_config, old);
    return OK;
}

static struct str kept(struct process *self, struct str s)
{
    return str_dup(self->inside->arena, s);
}

static enum err tls_take(struct process *self, struct str payload)
{
    struct control_tls m;
    TRY(get_control_tls(payload, &m));
    ct_wipe((void *)(uintptr_t)self->tls_key.p, self->tls_key.n);
    self->tls_certificate = kept(self, m.certificate);
    self->tls_key = kept(self, m.key);
    if (self->on_tls != NULL) {
        self->on_tls(self);
    }
    return OK;
}

static void drain(struct process *self, struct str how)
{
    if (self->inside->draining) {
        return;
    }
    self->relieved = how.n == 1 && how.p[0] != 0;
    self->inside->draining = true;
    if (self->on_drain != NULL) {
        self->on_drain(self);
    } else if (self->loop != NULL) {
        loop_stop(self->loop);
    }
}

static enum err message_take(struct process *self, const struct message *m, int fd)
{
    switch (m->op) {
    case CONTROL_CHANNEL:
        return channel_take(self, m->payload, fd);
    case CONTROL_CONFIG:
        return config_take(self, m->payload);
    case CONTROL_TLS:
        return tls_take(self, m->payload);
    case CONTROL_STATUS:
        self->status = kept(self, m->payload);
        return OK;
    case CONTROL_DRAIN:
        drain(self, m->payload);
        return OK;
    default:
        return fail(ERR_INTERNAL, "child: control message %u", m->op);
    }
}

static enum err control_receive(struct process *self, struct message *out, int *fd, bool *any)
{
    struct str frame;
    bool broken;
    *any = false;
    TRY(frame_receive(self->control_fd, self->inside->frame, &frame, fd));
    if (frame.n == 0) {
        return OK;
    }
    if (!frame_next(&frame, out, &broken)) {
        return fail(ERR_INTERNAL, "child: broken control frame");
    }
    *any = true;
    return OK;
}

bool control_take(struct process *self)
{
    struct message m;
    int fd = -1;
    bool any;
    if (control_receive(self, &m, &fd, &any) != OK) {
        self->inside->gone = true;
        if (self->loop != NULL) {
            loop_stop(self->loop);
        }
        return false;
    }
    if (!any) {
        return false;
    }
    enum err e = message_take(self, &m, fd);
    if (e != OK) {
        log_failure(LOG_ERROR, INTERNAL_ERROR, e, LOG_INT("control", m.op));
    }
    ct_wipe(self->inside->frame, FRAME_MAX < m.payload.n ? FRAME_MAX : m.payload.n + FRAME_HEAD);
    return true;
}

static void on_control(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    while (control_take(arg)) {
    }
}

/* Beginning. */

static enum err wait_for_frame(int control)
{
    struct pollfd wait = {.fd = control, .events = POLLIN};
    while (poll(&wait, 1, -1) < 0) {
        if (errno != EINTR) {
            return fail(ERR_UNAVAILABLE, "child: poll: %s", strerror(errno));
        }
    }
    return OK;
}

static enum err start_take(struct process *self, struct str payload)
{
    struct process_inside *in = self->inside;
    struct control_start m;
    TRY(get_control_start(payload, &m));
    self->role = (enum role)m.role;
    self->number = (int)m.number;
    self->heir = m.heir != 0;
    TRY(config_parse(m.config_text, str_z(in->arena, m.config_path), &in->config));
    self->config = in->config;
    process_log_configure(in->config, self->role, self->number);
    self->db_password = kept(self, m.db_password);
    self->start_secret = kept(self, m.start_secret);
    self->tls_certificate = kept(self, m.tls_certificate);
    self->tls_key = kept(self, m.tls_key);

    const struct role_plan *plan = plumbing_role(self->role);
    struct drop d = {.change_user = m.change_user != 0,
                     .uid = m.uid,
                     .gid = m.gid,
                     .no_network = !plan->network,
                     .sees_users = plan->sees_users,
                     .empty_root = plan->empty_root,
                     .files = plan->files,
                     .locked_memory = plan->locked_memory};
    TRY(drop_privileges(&d, self->sandbox_missing, sizeof(self->sandbox_missing)));
    /* The parent's end reaches us through the control socket; this is for a parent that was killed.
     */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);

    if (!plan->loop) {
        return OK;
    }
    size_t stacks = self->role == ROLE_WEB ? (size_t)in->config->stacks : STACKS_WITHOUT_HTTP;
    TRY(loop_new(stacks, &self->loop));
    size_t n;
    const struct link_plan *links = plumbing_links(&n);
    for (size_t i = 0; i < n; i++) {
        if (links[i].from == self->role) {
            enum role to = links[i].to;
            TRY(peer_new(self->loop, plumbing_role(to)->name, m.members[to],
                         peer_of(self, (uint8_t)to)));
        }
    }
    return OK;
}

static enum err board_take(struct process *self, struct str payload, int fd)
{
    uint32_t slot;
    if (payload.n != sizeof slot || fd < 0) {
        return fail(ERR_INTERNAL, "child: no board");
    }
    memcpy(&slot, payload.p, sizeof slot);
    enum err e =
        board_open(fd, slot, plumbing_role(self->role)->name, (uint32_t)self->number, &self->board);
    close(fd);
    TRY(e);
    self->counts = &self->board[slot];
    log_count(self->counts->events);
    if (self->config->sandbox) {
        clock_follow(&self->board[0].clock_shift_s);
    }
    return OK;
}

/* Everything that comes before CONTROL_GO. */
static enum err begin(struct process *self)
{
    bool started = false;
    for (;;) {
        struct message m;
        int fd = -1;
        bool any;
        TRY(wait_for_frame(self->control_fd));
        TRY(control_receive(self, &m, &fd, &any));
        if (!any) {
            continue;
        }
        if (!started && m.op != CONTROL_START) {
            return fail(ERR_INTERNAL, "child: message %u before the start", m.op);
        }
        if (m.op == CONTROL_START) {
            TRY(start_take(self, m.payload));
            ct_wipe(self->inside->frame, FRAME_MAX);
            started = true;
        } else if (m.op == CONTROL_LISTEN) {
            self->listen_fd = fd;
        } else if (m.op == CONTROL_METRICS) {
            self->metrics_fd = fd;
        } else if (m.op == CONTROL_LEDGER) {
            self->ledger_fd = fd;
        } else if (m.op == CONTROL_BOARD) {
            TRY(board_take(self, m.payload, fd));
        } else if (m.op == CONTROL_GO) {
            return OK;
        } else {
            TRY(message_take(self, &m, fd));
        }
    }
}

/* What libraries open late is opened now, while there are still files. */
static void touch_lazy_files(void)
{
    unsigned char any[1];
    time_t now = time(NULL);
    struct tm parts;
    (void)OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
    rand_bytes(any, sizeof(any));
    tzset();
    (void)localtime_r(&now, &parts);
}

static void ignore_signals(void)
{
    /* The parent decides when we end: a signal to the whole group must not cut requests short. */
    static const int all[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2, SIGQUIT};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        sigaction(all[i], &ignore, NULL);
    }
}

static enum err inside_make(struct process *self)
{
    struct process_inside *in = calloc(1, sizeof(*in));
    self->inside = in;
    if (in == NULL || (in->arena = arena_new(0)) == NULL ||
        (in->frame = malloc(FRAME_MAX)) == NULL) {
        return fail(ERR_NO_MEMORY, "child");
    }
    return OK;
}

static void inside_free(struct process *self)
{
    struct process_inside *in = self->inside;
    if (in == NULL) {
        return;
    }
    if (in->control_event != NULL) {
        event_free(in->control_event);
    }
    config_free(in->config);
    arena_free(in->arena);
    free(in->frame);
    free(in);
}

int child_run(process_body_fn *const bodies[ROLE_COUNT])
{
    struct process self = {
        .listen_fd = -1, .metrics_fd = -1, .ledger_fd = -1, .control_fd = SPAWN_CONTROL_FD};
    ignore_signals();
    touch_lazy_files();
    (void)fcntl(self.control_fd, F_SETFD, FD_CLOEXEC);
    enum err e = inside_make(&self);
    if (e == OK) {
        e = begin(&self);
    }
    if (e != OK) {
        log_failure(LOG_ERROR, INTERNAL_ERROR, e, LOG_Z("process", "start"));
        inside_free(&self);
        return 1;
    }
    char name[16];
    snprintf(name, sizeof(name), "authd-%s", plumbing_role(self.role)->name);
    (void)prctl(PR_SET_NAME, name, 0, 0, 0);
    if (self.loop != NULL) {
        json_memory_watch(loop_working, self.loop);
        self.inside->control_event = event_new(loop_base(self.loop), self.control_fd,
                                               EV_READ | EV_PERSIST, on_control, &self);
        if (self.inside->control_event == NULL) {
            bug("child: no event for the control socket");
        }
        event_add(self.inside->control_event, NULL);
    }
    bodies[self.role](&self);
    bool orderly = self.inside->draining || self.inside->gone;
    if (self.inside->draining) {
        log_event(LOG_INFO, PROCESS_STOPPED, LOG_STR("how", STR("drained")));
    }
    ct_wipe((void *)(uintptr_t)self.start_secret.p, self.start_secret.n);
    inside_free(&self);
    return orderly ? 0 : 1;
}

/* Called by bodies. */

enum err process_sandbox(struct process *self)
{
    TRY(sandbox_close(plumbing_role(self->role)->rights, self->sandbox_missing,
                      sizeof(self->sandbox_missing)));
    log_event(self->sandbox_missing[0] == '\0' ? LOG_DEBUG : LOG_INFO, PROCESS_SANDBOX,
              LOG_Z("missing", self->sandbox_missing));
    return OK;
}

void process_ready(struct process *self)
{
    struct process_inside *in = self->inside;
    in->ready = true;
    if (self->loop != NULL && self->serve != NULL) {
        for (size_t i = 0; i < in->n_served; i++) {
            peer_serve(self->loop, in->served[i].fd, self->serve, self->app);
        }
    }
    log_event(LOG_INFO, PROCESS_STARTED, LOG_INT("pid", getpid()));
    if (control_send(self->control_fd, CONTROL_READY, str_from(self->sandbox_missing), -1) != OK) {
        in->gone = true;
    }
}
