/* Who shares a statement.  Starting a statement costs as much as several of its rows, and each
 * commit reaches the disk once, so on a busy machine who wants the same waits for the others; alone
 * nobody waits.  Used by batch.c and find.c. */
#ifndef STORE_COMPANY_H
#define STORE_COMPANY_H
#include <stddef.h>
#include <stdint.h>

#define COMPANY_WAIT_MAX_MS 10

/* How many more milliseconds those should wait who want the same statement; 0: they go now.
 * last: how many went together the last time; waiting: how many there are now; running: tasks of
 * this process; waited_ms: how long the first of them has waited. */
int64_t company_wait_ms(size_t last, size_t waiting, size_t running, int64_t waited_ms);

#endif
