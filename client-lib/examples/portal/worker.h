/* Threads for what waits on somebody else, so that one slow answer stalls nobody: the loop's thread
 * owns connections, sessions and pages; a worker owns its job until it is done. */
#ifndef PORTAL_WORKER_H
#define PORTAL_WORKER_H
#include <event2/event.h>
#include <stdbool.h>

struct workers;

struct workers *workers_new(struct event_base *base); /* NULL after a line in the log */
/* run(arg) in a worker, then done(arg) in the loop.  false: too much waits already; then neither is
 * called. */
bool workers_do(struct workers *workers, void (*run)(void *), void (*done)(void *), void *arg);
/* Waits for what runs; what never began is done without having run.  NULL is fine. */
void workers_free(struct workers *workers);

#endif
