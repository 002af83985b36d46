/* Giving up what a process does not need before it reads its first foreign byte. */
#ifndef PROC_DROP_H
#define PROC_DROP_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "base/err.h"

struct drop {
    bool change_user; /* to uid and gid, when we are root */
    uid_t uid;
    gid_t gid;
    bool no_network;    /* an empty network namespace; sockets we have stay what they are */
    bool sees_users;    /* asks the kernel who calls: never in a user namespace of its own, where
                         * all others look alike; as an ordinary user it keeps the network then */
    bool empty_root;    /* chroot into an empty directory; only as root */
    unsigned files;     /* greatest number of descriptors */
    bool locked_memory; /* may lock its secrets */
};

/* In order: root directory, network, user and groups, capabilities, no new privileges, not
 * dumpable, limits.  What the system does not allow is added to `missing` (space separated words,
 * for the log) and is no error; ERR_INTERNAL when privileges were to be given up and are still
 * there. */
CHECKED enum err drop_privileges(const struct drop *d, char *missing, size_t size);
/* For the parent, which stays root: keeps the capabilities it needs to start children and no other,
 * for itself and for all that it starts; not dumpable, no new privileges.  Nothing when we are not
 * root. */
void drop_to_parent(void);
/* Adds a word to such a list. */
void missing_add(char *missing, size_t size, const char *word);

#endif
