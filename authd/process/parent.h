/* What the files of the parent share: its children and itself. */
#ifndef PROCESS_PARENT_H
#define PROCESS_PARENT_H
#include <event2/event.h>
#include <sys/stat.h>
#include <sys/types.h>
#include "process/control.h"
#include "process/plumbing.h"
#include "process/service_manager.h"
#include "process/sockets.h"

#define CHILDREN_MAX 256
_Static_assert(CHILDREN_MAX < BOARD_SLOTS_MAX, "a slot for each child and for the parent");

struct parent;

struct child {
    struct parent *parent;
    enum role role;
    uint32_t number;
    pid_t pid; /* 0: not running */
    int control;
    bool ready;
    int64_t started_ms;
    int64_t backoff_ms;
    unsigned restarts;     /* which life this is */
    bool cut_off;          /* ends in order: it sent what can't be taken apart, or does not read */
    struct event *again;   /* starts it after the back-off; kills it when it never gets ready */
    struct event *hearing; /* the control socket */
    char missing[128];
};

struct file_mark { /* to notice that a file was replaced */
    struct timespec changed;
    ino_t inode;
    off_t size;
};

enum upgrade_state {
    UPGRADE_STATE_NONE,
    UPGRADE_STATE_PREPARING,
    UPGRADE_STATE_REFUSED,
    UPGRADE_STATE_DONE
};

struct upgrade { /* upgrade.c: by the program that stands now where this one was started from */
    enum upgrade_state state;
    unsigned number; /* of attempts */
    pid_t pid;       /* the heir */
    int fd;
    struct event *hearing, *late;
    char why[240];      /* refused */
    bool authctl_given; /* the heir serves authctl's socket */
};

struct parent {
    struct event_base *base;
    const char *path;
    char *const *argv; /* for an heir */
    char program[1024];
    struct upgrade upgrade;
    int heir_fd; /* as an heir that is not yet in charge: the old parent; else -1 */
    struct event *heir_hearing;
    bool authctl_taken;
    bool failed;  /* exit status 1 */
    bool sandbox; /* authd --sandbox */
    struct config *config;
    struct arena *text_arena;
    struct str config_text; /* of `config` */
    struct child children[CHILDREN_MAX];
    size_t n;
    int http_fd, authctl_fd, metrics_fd, board_fd;
    int ledger_fd;                         /* of erasures; -1: none */
    char control_key[CONTROL_KEY_HEX + 1]; /* what requests on the control socket must bring */
    int64_t started_at;                    /* seconds since 1970 */
    bool change_user;
    uid_t uid;
    gid_t gid;
    enum { WORKING, DRAINING_WEBS, DRAINING_CALLERS, DRAINING_SERVERS } phase;
    struct event *signals[6];
    struct event *watch;
    struct event *give_up;
    struct event *watchdog;
    struct service_manager manager;
    bool told_ready;
    struct file_mark certificate, key;
    uint8_t frame[FRAME_MAX];
};

void parent_timer(struct event *timer, int64_t ms);
/* Tells the service manager, once, when all children are ready. */
void parent_tell_ready(struct parent *p);

/* This parent is the service from now on. */
void parent_in_charge(struct parent *p);

/* ending.c */
/* Another set of processes serves: ours finish what they have, in order. */
void parent_relieve(struct parent *p);
void parent_kill_all(struct parent *p);
/* Asks it to finish what it has and to end. */
void child_drain(struct child *c);
#define DRAIN_WITHIN_MS 20000
void ending_on_stop(evutil_socket_t fd, short what, void *arg); /* SIGTERM, SIGINT */
/* Timer: kills those that did not end in time. */
void ending_on_give_up(evutil_socket_t fd, short what, void *arg);
/* A process has ended: the next phase, if it was the last of this one. */
void ending_go_on(struct parent *p);

/* pid_file.c */
void pid_file_write(const struct config *c);
void pid_file_remove(const struct config *c);

/* upgrade.c */
void upgrade_begin(struct parent *p);
void upgrade_on_signal(evutil_socket_t fd, short what, void *arg); /* SIGUSR2 */
/* Ends an attempt in progress; nothing has changed. */
void upgrade_cancel(struct parent *p, const char *why);
/* true: pid was the heir. */
bool upgrade_ended(struct parent *p, pid_t pid, int status);
const char *upgrade_state_text(const struct upgrade *x);
void upgrade_free(struct parent *p);

/* heir.c */
/* Waits for what the old parent hands over; what fits the configuration is in place. */
CHECKED enum err heir_sockets(struct parent *p);
CHECKED enum err heir_listen(struct parent *p);
void heir_ready(struct parent *p);
/* Tells the old parent that it stays. */
void heir_refuse(struct parent *p, const char *why);
/* The same, and the end of this one. */
void heir_give_up(struct parent *p, const char *why);

/* children.c */
/* To a child's control socket.  One that is gone or does not read is ended: nobody waits for it. */
CHECKED enum err child_tell(const struct child *c, enum control_op op, struct str payload, int fd);
void child_start(struct child *c);
/* It is gone: forgets its descriptors. */
void child_lost(struct child *c);
/* Starts it again after its back-off. */
void child_start_later(struct child *c);
/* Timer of a child: starts it after the back-off, kills one that does not get ready. */
void child_on_again(evutil_socket_t fd, short what, void *arg);
/* Tells the admin process the state of all. */
void children_status_send(struct parent *p);
bool children_all_ready(const struct parent *p);

/* reload.c */
CHECKED enum err parent_config_load(struct parent *p);
void parent_on_reload(evutil_socket_t fd, short what, void *arg); /* SIGHUP */
/* Timer: sends certificates whose files were replaced. */
void parent_on_watch(evutil_socket_t fd, short what, void *arg);
/* Remembers the present certificate files and begins to watch them. */
void parent_watch_begin(struct parent *p);

#endif
