/* Admission: what is let in, decided at the door, before a stack is taken or anything is read.
 *
 * Every route names its kind of work. Each kind has a share of the stacks of its own, so that a
 * storm of one kind (logins on the day a benefit is paid out) takes nothing from the others; a
 * request that would wait longer than an eighth of its deadline for another process is refused at
 * once instead of late; and once a kind is half full, one address may hold an eighth of it and no
 * more.
 *
 * Pure: no clock, no sockets.  Whoever is refused must be told when to come back
 * (admission_retry_s), spread over the time that the queue will need. */
#ifndef HTTP_ADMISSION_H
#define HTTP_ADMISSION_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include "http/request.h"

/* One request that was let in. */
struct ticket {
    enum work work;
    uint64_t source; /* of admission_source */
    bool held;
    LIST_ENTRY(ticket) link;
};

struct admission_kind {
    size_t cap, running;
    LIST_HEAD(, ticket) tickets;
    unsigned admitted, refused;           /* in this second */
    unsigned admitted_last, refused_last; /* in the one before */
};

struct admission {
    struct admission_kind kinds[WORK_COUNT];
    int64_t second;
};

enum admission_verdict {
    ADMITTED,
    REFUSED_FULL,  /* its kind's share of the stacks is in use */
    REFUSED_LATE,  /* it could not be answered in time */
    REFUSED_GREEDY /* its address holds more than its part of a share that is half full */
};

void admission_init(struct admission *a, size_t stacks);
/* wait_ms: what it would wait for another process; deadline_ms: what it has.  t stays the caller's
 * and is held until admission_give. */
enum admission_verdict admission_take(struct admission *a, struct ticket *t, enum work work,
                                      uint64_t source, int64_t wait_ms, int64_t deadline_ms,
                                      int64_t now_ms);
void admission_give(struct admission *a, struct ticket *t);
/* Requests in progress whose work is of another kind. */
size_t admission_others(const struct admission *a, enum work work);
/* Seconds after which the refused one should come back: the longer the more there are of them. */
unsigned admission_retry_s(const struct admission *a, enum work work, int64_t wait_ms);
const char *admission_reason(enum admission_verdict v);
/* Which client an address belongs to: an IPv4 address, or the 64 bits of an IPv6 network. */
uint64_t admission_source(const char *address);

#endif
