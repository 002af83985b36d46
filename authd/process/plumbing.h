/* The processes there are, what each may have, and who talks to whom: the plumbing of the whole
 * service on one page (plumbing.c). */
#ifndef PROCESS_PLUMBING_H
#define PROCESS_PLUMBING_H
#include "process/process.h"
#include "signer/protocol.h"

struct role_plan {
    const char *name; /* in the log and in process lists */
    bool loop;        /* libevent and tasks; else one message at a time */
    bool network;     /* stays in the host's network namespace */
    bool sees_users;  /* asks the kernel who calls */
    bool empty_root;  /* opens no path ever: chroot into nothing */
    bool locked_memory;
    unsigned rights; /* of its sandbox: enum sandbox_right */
    unsigned files;  /* descriptors */
};
struct link_plan {
    enum role from;  /* calls */
    enum role to;    /* serves */
    enum channel as; /* what the serving side knows the caller as */
};

const struct role_plan *plumbing_role(enum role role);
const struct link_plan *plumbing_links(size_t *n);
/* How many processes of a role the configuration asks for. */
size_t plumbing_count(const struct config *c, enum role role);
/* Database role and password file; NULL for roles without a database. */
const struct config_role *plumbing_database(const struct config *c, enum role role);
/* The log as the configuration wants it; number -1 for the parent. */
void process_log_configure(const struct config *c, enum role role, int number);

#endif
