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

static void on_control(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    while (orders_next(arg)) {
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
    self->db_password = orders_kept(self, m.db_password);
    self->start_secret = orders_kept(self, m.start_secret);
    self->tls_certificate = orders_kept(self, m.tls_certificate);
    self->tls_key = orders_kept(self, m.tls_key);

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
                         orders_peer(self, (uint8_t)to)));
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
        TRY(orders_receive(self, &m, &fd, &any));
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
            TRY(orders_take(self, &m, fd));
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
