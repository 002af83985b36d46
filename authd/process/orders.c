/* What the parent says to a child: channels, a new configuration or certificate, the state of all,
 * and that it is time to end.  A frame is one message with at most one descriptor.  Secrets of it
 * are wiped when it was taken. */
#include <unistd.h>

#include "base/ct.h"
#include "log/log.h"
#include "process/inside.h"

/* Channels. */

struct peer **orders_peer(struct process *self, uint8_t other)
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
    struct peer **peer = orders_peer(self, m.other);
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

struct str orders_kept(struct process *self, struct str s)
{
    return str_dup(self->inside->arena, s);
}

static enum err tls_take(struct process *self, struct str payload)
{
    struct control_tls m;
    TRY(get_control_tls(payload, &m));
    ct_wipe((void *)(uintptr_t)self->tls_key.p, self->tls_key.n);
    self->tls_certificate = orders_kept(self, m.certificate);
    self->tls_key = orders_kept(self, m.key);
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

enum err orders_take(struct process *self, const struct message *m, int fd)
{
    switch (m->op) {
    case CONTROL_CHANNEL:
        return channel_take(self, m->payload, fd);
    case CONTROL_CONFIG:
        return config_take(self, m->payload);
    case CONTROL_TLS:
        return tls_take(self, m->payload);
    case CONTROL_STATUS:
        self->status = orders_kept(self, m->payload);
        return OK;
    case CONTROL_DRAIN:
        drain(self, m->payload);
        return OK;
    default:
        return fail(ERR_INTERNAL, "child: control message %u", m->op);
    }
}

enum err orders_receive(struct process *self, struct message *out, int *fd, bool *any)
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

bool orders_next(struct process *self)
{
    struct message m;
    int fd = -1;
    bool any;
    if (orders_receive(self, &m, &fd, &any) != OK) {
        self->inside->gone = true;
        if (self->loop != NULL) {
            loop_stop(self->loop);
        }
        return false;
    }
    if (!any) {
        return false;
    }
    enum err e = orders_take(self, &m, fd);
    if (e != OK) {
        log_failure(LOG_ERROR, INTERNAL_ERROR, e, LOG_INT("control", m.op));
    }
    ct_wipe(self->inside->frame, FRAME_MAX < m.payload.n ? FRAME_MAX : m.payload.n + FRAME_HEAD);
    return true;
}
