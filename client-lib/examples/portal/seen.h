/* Names that may be used once: logout tokens, DPoP proofs.  Any thread. */
#ifndef PORTAL_SEEN_H
#define PORTAL_SEEN_H
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define SEEN_MAX 4096

struct seen {
    pthread_mutex_t lock;
    struct {
        char name[128];
        int64_t until_s;
    } entry[SEEN_MAX];
};

/* 0: new, and remembered until then; 1: was there already; -1: can't tell (too long, or too many to
 * remember).  arg: a struct seen, as eid_replay_fn. */
int seen_before(void *arg, const char *name, int64_t until_s);

#endif
