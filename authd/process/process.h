/* What every process is born with, and how the parent steers it.
 *
 * The parent forks and executes each process with one control socket and sends it, its channels to
 * others (process/plumbing.c is the one table of who talks to whom) and the start message
 * (configuration text, secrets that this role may have).  Afterwards the control socket carries: a
 * new channel after a peer was restarted, a new configuration, a new certificate, drain.  When it
 * closes, the parent is gone and the process ends. */
#ifndef PROCESS_PROCESS_H
#define PROCESS_PROCESS_H
#include "config/config.h"
#include "metrics/board.h"
#include "peer/peer.h"
#include "task/task.h"

enum role {
    ROLE_PARENT,
    ROLE_WEB,
    ROLE_VERIFIER,
    ROLE_SIGNER,
    ROLE_COURIER,
    ROLE_CLERK,
    ROLE_ADMIN,
    ROLE_COUNT
};

struct process {
    enum role role;
    int number;                  /* among its equals, from 0 */
    const struct config *config; /* immutable snapshot; replaced whole on reload */
    struct loop *loop;    /* NULL in signer and verifier, which serve one message at a time */
    struct peer *signers; /* NULL where the plumbing has none */
    struct peer *verifiers;
    struct peer *webs;       /* admin only: statistics, tasks */
    struct str db_password;  /* of this role's database user; "" for peer authentication */
    struct str start_secret; /* clerk: key of the ledger of erasures; signer: signer_hello;
                                verifier: verifier_hello; encoded; wiped after use. admin: what
                                requests on the control socket must bring (sockets.h) */
    struct str tls_certificate, tls_key; /* web: PEM */
    int listen_fd;                       /* web: HTTP; admin: control socket; else -1 */
    int metrics_fd;                      /* web: socket of /metrics, or -1 */
    int ledger_fd;                       /* clerk: the ledger of erasures, or -1 */
    int control_fd;
    struct board_slot *board, *counts; /* of all processes, and ours in it */
    struct str status; /* admin: state of all processes as JSON, from the parent; may be absent */
    bool heir;     /* of a parent that takes another's place: nothing is accepted until it can be
                      served */
    bool relieved; /* on_drain: others serve, there is no hurry */
    char sandbox_missing[128];     /* layers of the sandbox that this system does not give, space
                                      separated */
    struct process_inside *inside; /* of child.c */
    /* set by the body */
    void *app;
    void (*on_config)(struct process *self); /* config has just been replaced */
    void (*on_tls)(struct process *self);
    void (*on_channel)(
        struct process *self);              /* a peer was restarted, its new channel is in place */
    void (*on_drain)(struct process *self); /* finish what is in progress, then loop_stop */
    peer_serve_fn
        *serve; /* messages that others send on their channels; set before process_ready */
    /* Without a loop: true for requests that wait until the rest of their frame is served; may be
     * NULL. */
    bool (*slow)(uint16_t op, struct str request);
    /* Without a loop: true while messages on this channel must wait unread (a fresh signer that has
     * no keys yet); may be NULL. */
    bool (*hold)(void *app, int channel);
};

/* Bodies: one file each.  They set up, call process_ready once (the parent waits for it), and
 * return when their loop ends.  process_sandbox closes the sandbox of the role; call it when
 * everything lazy is open. */
void web_body(struct process *self);      /* authd/web.c */
void verifier_body(struct process *self); /* authd/verifier/verifier.c */
void signer_body(struct process *self);   /* authd/signer_body.c, on keys/signer */
void courier_body(struct process *self);  /* authd/courier/courier.c */
void clerk_body(struct process *self);    /* authd/clerk/clerk.c */
void admin_body(struct process *self);    /* authd/admin/control.c */

CHECKED enum err process_sandbox(struct process *self);
void process_ready(struct process *self);
/* For bodies with a loop.  Started normally: ready at once, the database may come later.  As an
 * heir: ready when `well`, which runs in a task and waits for all that serving needs, returns OK;
 * when it fails, the heir gives up and err_reason() is what the old parent logs. */
typedef enum err process_well_fn(struct task *t, struct process *self);
void process_ready_when(struct process *self, process_well_fn *well);
/* An heir's process can't serve: says why. */
void process_unwell(struct process *self, const char *why);

/* For bodies without a loop: waits for the next message on any channel, calls serve, answers;
 * returns when the parent is gone or drains.  Channel identity (enum channel) is given as `from`.
 */
typedef enum err process_serve_fn(struct arena *a, void *app, int from, uint16_t op,
                                  struct str request, struct str *answer);
void process_serve_blocking(struct process *self, process_serve_fn *fn, void *app);

/* Bodies of all roles, by enum role (main.c). */
typedef void process_body_fn(struct process *self);

/* The parent: reads the configuration, opens the sockets, starts the processes and keeps them
 * running until SIGTERM or SIGINT.  sandbox: it was asked for, which the configuration must say too.
 * argv is that of main: a new version that takes our place (SIGUSR2) is started with it.  Returns the
 * exit status. */
int parent_run(const char *config_path, bool sandbox, char *const argv[]);
/* A child, after exec: SPAWN_CONTROL_FD is its control socket.  Returns the exit status. */
int child_run(process_body_fn *const bodies[ROLE_COUNT]);

#endif
