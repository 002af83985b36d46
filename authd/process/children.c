/* The children of the parent: starting them, making the channels between them, starting again what
 * died, and telling the admin process how they are.  Must not wait for a child: one that does not
 * listen is killed. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/json.h"
#include "log/log.h"
#include "proc/spawn.h"
#include "process/parent.h"
#include "process/start.h"

#ifndef AUTHD_VERSION
#define AUTHD_VERSION "unknown"
#endif

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MOST_MS 10000
#define LIVED_WELL_MS 60000
#define READY_WITHIN_MS 60000

enum err child_tell(const struct child *c, enum control_op op, struct str payload, int fd)
{
    enum err e = control_send(c->control, op, payload, fd);
    if (e != OK && c->pid != 0) {
        kill(c->pid, SIGKILL); /* its end starts it again, with back-off */
    }
    return e;
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

void children_status_send(struct parent *p)
{
    struct child *admin = child_of(p, ROLE_ADMIN, 0);
    struct arena *a = arena_new(0);
    if (admin == NULL || admin->pid == 0 || !admin->ready || a == NULL) {
        arena_free(a);
        return;
    }
    json_t *told = json_own(a, json_object());
    json_t *list = json_array();
    json_object_set_new(told, "version", json_string(AUTHD_VERSION));
    json_object_set_new(told, "started_at", json_integer((json_int_t)p->started_at));
    json_object_set_new(told, "pid", json_integer((json_int_t)getpid()));
    json_object_set_new(told, "upgrade",
                        json_pack("{s:i,s:s,s:s,s:I}", "number", (int)p->upgrade.number, "state",
                                  upgrade_state_text(&p->upgrade), "why", p->upgrade.why, "pid",
                                  (json_int_t)p->upgrade.pid));
    json_object_set_new(told, "processes", list);
    for (size_t i = 0; i < p->n; i++) {
        const struct child *c = &p->children[i];
        json_t *o = json_object();
        json_object_set_new(o, "name", json_string(plumbing_role(c->role)->name));
        json_object_set_new(o, "number", json_integer((json_int_t)c->number));
        json_object_set_new(o, "pid", json_integer((json_int_t)c->pid));
        json_object_set_new(o, "ready", json_boolean(c->ready));
        int64_t lived_s = (clock_mono_ms() - c->started_ms) / 1000;
        json_object_set_new(o, "started_at",
                            json_integer((json_int_t)(c->pid ? clock_now_s() - lived_s : 0)));
        json_object_set_new(o, "restarts", json_integer((json_int_t)c->restarts));
        json_object_set_new(o, "sandbox_missing", json_string(c->missing));
        json_array_append_new(list, o);
    }
    (void)!child_tell(admin, CONTROL_STATUS, json_text(a, told), -1);
    arena_free(a);
}

bool children_all_ready(const struct parent *p)
{
    for (size_t i = 0; i < p->n; i++) {
        if (!p->children[i].ready) {
            return false;
        }
    }
    return true;
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
                                .channel = (uint8_t)as,
                                .life = other->restarts};
    struct buf b = buf_in(a);
    put_control_channel(&b, &m);
    enum err e = child_tell(to, CONTROL_CHANNEL, buf_str(&b), fd);
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
                              .heir = p->heir_fd >= 0,
                              .change_user = p->change_user,
                              .uid = p->uid,
                              .gid = p->gid,
                              .config_path = str_from(p->config->path),
                              .config_text = p->config_text};
    for (size_t i = 0; i < p->n; i++) {
        m.members[p->children[i].role]++;
    }
    enum err e = start_secrets(a, p->config, c->role, &m);
    if (c->role == ROLE_ADMIN) {
        m.start_secret = str_from(p->control_key);
    }
    if (e == OK) {
        struct buf b = buf_in(a);
        put_control_start(&b, &m);
        e = child_tell(c, CONTROL_START, buf_str(&b), -1);
    }
    arena_free(a);
    return e;
}

static enum err board_send(const struct child *c)
{
    uint32_t slot = (uint32_t)(c - c->parent->children);
    return child_tell(c, CONTROL_BOARD, str_of((const char *)&slot, sizeof slot),
                      c->parent->board_fd);
}

static enum err beginning_send(struct child *c)
{
    struct parent *p = c->parent;
    TRY(start_send(c));
    TRY(board_send(c));
    TRY(channels_make(c));
    if (c->role == ROLE_WEB) {
        TRY(child_tell(c, CONTROL_LISTEN, STR(""), p->http_fd));
        if (p->metrics_fd >= 0) {
            TRY(child_tell(c, CONTROL_METRICS, STR(""), p->metrics_fd));
        }
    } else if (c->role == ROLE_CLERK && p->ledger_fd >= 0) {
        TRY(child_tell(c, CONTROL_LEDGER, STR(""), p->ledger_fd));
    } else if (c->role == ROLE_ADMIN) {
        TRY(child_tell(c, CONTROL_LISTEN, STR(""), p->authctl_fd));
    }
    return child_tell(c, CONTROL_GO, STR(""), -1);
}

void child_lost(struct child *c)
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
    c->ready = c->cut_off = false;
}

void child_start_later(struct child *c)
{
    int64_t lived = clock_mono_ms() - c->started_ms;
    c->backoff_ms = lived > LIVED_WELL_MS ? 0 /* at once: it may be the only one of its kind */
                    : c->backoff_ms == 0  ? BACKOFF_FIRST_MS
                                          : c->backoff_ms * 2;
    c->backoff_ms = c->backoff_ms > BACKOFF_MOST_MS ? BACKOFF_MOST_MS : c->backoff_ms;
    c->restarts++;
    parent_timer(c->again, c->backoff_ms);
}

void child_on_again(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct child *c = arg;
    if (c->pid == 0) {
        if (c->parent->phase == WORKING) {
            child_start(c);
        }
    } else if (!c->ready) {
        log_event(
            LOG_ERROR, PROCESS_DIED, LOG_Z("name", plumbing_role(c->role)->name),
            LOG_INT("number", c->number),
            LOG_Z("how", c->cut_off ? "it did not end in time" : "it did not get ready in time"));
        kill(c->pid, SIGKILL);
    }
}

static bool serves(enum role role, enum role asker)
{
    size_t n;
    const struct link_plan *links = plumbing_links(&n);
    for (size_t i = 0; i < n; i++) {
        if (links[i].from == asker && links[i].to == role) {
            return true;
        }
    }
    return false;
}

/* Told by those that strangers don't reach.  The channel is closed for good: who sat at its other
 * end finishes what it can and gives way to a fresh process, which gets channels of its own. */
static void on_cut_off(const struct child *teller, struct str payload)
{
    struct parent *p = teller->parent;
    struct control_cut_off m;
    if ((teller->role != ROLE_SIGNER && teller->role != ROLE_VERIFIER) || p->phase != WORKING) {
        return;
    }
    enum err e = get_control_cut_off(payload, &m);
    if (e != OK) {
        log_failure(LOG_ERROR, INTERNAL_ERROR, e, LOG_INT("control", CONTROL_CUT_OFF));
        return;
    }
    struct child *c = child_of(p, (enum role)m.role, m.number);
    if (c == NULL || c->pid == 0 || c->restarts != m.life || c->cut_off ||
        !serves(teller->role, c->role)) {
        return; /* replaced meanwhile, or told of by another */
    }
    log_event(LOG_ERROR, PROCESS_CUT_OFF, LOG_Z("name", plumbing_role(c->role)->name),
              LOG_INT("number", c->number), LOG_INT("pid", c->pid),
              LOG_Z("by", plumbing_role(teller->role)->name));
    c->cut_off = true;
    c->ready = false;
    child_drain(c);
    parent_timer(c->again, DRAIN_WITHIN_MS);
    children_status_send(p);
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
    if (!frame_next(&frame, &m, &broken)) {
        return;
    }
    if (m.op == CONTROL_UNWELL && c->parent->heir_fd >= 0) {
        char why[200];
        (void)snprintf(why, sizeof why, "%s %u: %.*s", plumbing_role(c->role)->name, c->number,
                       STR_FMT(m.payload));
        heir_give_up(c->parent, why);
    }
    if (m.op == CONTROL_CUT_OFF) {
        on_cut_off(c, m.payload);
    }
    if (m.op == CONTROL_UPGRADE && c->role == ROLE_ADMIN) {
        upgrade_begin(c->parent);
    }
    /* Once in its life: each is told to the admin process, which keeps it. */
    if (m.op != CONTROL_READY || c->ready) {
        return;
    }
    if (c->cut_off) {
        return;
    }
    c->ready = true;
    size_t n = m.payload.n < sizeof(c->missing) - 1 ? m.payload.n : sizeof(c->missing) - 1;
    memcpy(c->missing, m.payload.p, n);
    c->missing[n] = '\0';
    evtimer_del(c->again);
    children_status_send(c->parent);
    parent_tell_ready(c->parent);
}

void child_start(struct child *c)
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
            kill(c->pid, SIGKILL);
        } else {
            parent_timer(c->again, READY_WITHIN_MS);
        }
    }
    if (e != OK) {
        log_failure(LOG_ERROR, PROCESS_DIED, e, LOG_Z("name", plumbing_role(c->role)->name),
                    LOG_INT("number", c->number));
        if (c->pid == 0) {
            child_start_later(c);
        }
    }
}
