/* The admin process: listens on the control socket, knows its peers by their user id, runs
 * commands.
 *
 * The socket is the parent's (run_dir/authctl.sock).  Root and the user the daemon runs as may ask;
 * the kernel says who it is (SO_PEERCRED), nothing in the request does; that it is no sandboxed
 * process of ours is proved by the key of the socket (process/sockets.h).  This process can change
 * rows, but holds no key and sees no password: passwords go to a verifier, attributes to a signer.
 */
#include "admin/admin.h"

#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin/operator.h"
#include "base/rand.h"
#include "log/log.h"

#define DRAIN_LATEST_S 5

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client >= 0) {
        connection_new(arg, client);
    }
}

/* Commands in progress are finished: what they did must be as complete as what is told of it. */
static void on_drain(struct process *self)
{
    struct admin *admin = self->app;
    struct timeval latest = {DRAIN_LATEST_S, 0};
    event_del(admin->accepting);
    admin->draining = true;
    if (admin->connections == 0) {
        loop_stop(self->loop);
    } else {
        evtimer_add(admin->drain_timer, &latest);
    }
}

static void on_drain_late(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    loop_stop(arg);
}

static void database_open(struct admin *admin)
{
    const struct config *config = admin->process->config;
    struct pg_settings settings = {
        .host = config->db_host,
        .database = config->db_name,
        .sandbox = config->sandbox,
        .user = config->db_admin.user,
        .password = admin->process->db_password,
        .port = config->db_port,
        .read_connections = 1,
        .write_connections = 2, /* an import keeps both busy */
        .role = "admin",
    };
    if (pg_new(admin->process->loop, &settings, &admin->db) != OK) {
        bug("admin: no database client: %s", err_reason());
    }
}

static enum err accept_begin(struct admin *admin)
{
    return event_add(admin->accepting, NULL) == 0 ? OK : fail(ERR_NO_MEMORY, "admin: no event");
}

/* As an heir: the old admin process answers until this one can. */
static enum err well(struct task *t, struct process *self)
{
    struct admin *admin = self->app;
    TRY(pg_wait_well(t, admin->db));
    return accept_begin(admin);
}

void admin_body(struct process *self)
{
    static struct admin admin; /* one per process */
    admin.process = self;
    self->app = &admin;
    self->on_drain = on_drain;
    rand_bytes(&admin.import_bucket, sizeof admin.import_bucket);
    operator_names_load(); /* the sandbox forbids opening the list of users later */
    database_open(&admin);
    admin.accepting =
        event_new(loop_base(self->loop), self->listen_fd, EV_READ | EV_PERSIST, on_accept, &admin);
    admin.drain_timer = evtimer_new(loop_base(self->loop), on_drain_late, self->loop);
    if (!admin.accepting || !admin.drain_timer || (!self->heir && accept_begin(&admin) != OK)) {
        bug("admin: cannot listen on the control socket");
    }
    if (process_sandbox(self) != OK) {
        bug("admin: no sandbox: %s", err_reason());
    }
    process_ready_when(self, well);
    loop_run(self->loop);
    event_free(admin.accepting);
    event_free(admin.drain_timer);
    pg_free(admin.db);
}
