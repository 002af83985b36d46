/* Numbers of all processes in one piece of shared memory, which the parent makes and every child
 * maps: a slot for each process, written by it alone with relaxed atomic additions, read by whoever
 * is asked for /metrics.  Nothing waits, nothing is locked, and counters survive the process that
 * wrote them.
 *
 * What stands here is for people who watch.  No decision is taken from it: a hijacked process could
 * write anything. */
#ifndef METRICS_BOARD_H
#define METRICS_BOARD_H
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "log/events.h"

#define BOARD_SLOTS_MAX 257 /* children, and the parent last */
#define BOARD_ROUTES_MAX 64
#define BOARD_STATUS_CLASSES 6 /* by the first digit */

/* Upper bounds of the latency histogram in microseconds; a last bucket holds the rest. */
#define BOARD_BOUNDS_US                                                                            \
    {                                                                                              \
        500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000,      \
            5000000, 10000000                                                                      \
    }
#define BOARD_BUCKETS 15

/* What a process measures about itself.  X(ENUM, "name", "label pair or empty", "help", decimals):
 * with 3 decimals, thousandths of what the name says are set. */
#define BOARD_GAUGES(X)                                                                            \
    X(GAUGE_TASKS, "tasks", "", "requests in progress", 0)                                         \
    X(GAUGE_STACKS, "stacks", "", "most requests that can be in progress", 0)                      \
    X(GAUGE_STACK_HIGH_WATER, "stack_high_water_bytes", "", "deepest use of a stack so far", 0)    \
    X(GAUGE_CONNECTIONS, "http_connections", "", "open HTTP connections", 0)                       \
    X(GAUGE_SIGNER_CALLS, "calls_in_flight", "peer=\"signer\"",                                    \
      "calls waiting for another process", 0)                                                      \
    X(GAUGE_VERIFIER_CALLS, "calls_in_flight", "peer=\"verifier\"", "", 0)                         \
    X(GAUGE_DATABASE_READY, "database_ready", "", "1 while its database connections stand", 0)     \
    X(GAUGE_CLOCK_OFFSET, "clock_offset_seconds", "", "this node's clock against the database's",  \
      3)                                                                                           \
    X(GAUGE_KEY_ES256, "key_activated_timestamp_seconds", "alg=\"ES256\"",                         \
      "since when the present signing key signs", 0)                                               \
    X(GAUGE_KEY_EDDSA, "key_activated_timestamp_seconds", "alg=\"EdDSA\"", "", 0)                  \
    X(GAUGE_KEY_PS256, "key_activated_timestamp_seconds", "alg=\"PS256\"", "", 0)                  \
    X(GAUGE_KEY_RS256, "key_activated_timestamp_seconds", "alg=\"RS256\"", "", 0)                  \
    X(GAUGE_KEYS_NEXT, "keys_next", "", "published keys that will sign next; one per algorithm",   \
      0)                                                                                           \
    X(GAUGE_STANDBYS, "database_standbys", "", "standby servers that stream from the primary", 0)  \
    X(GAUGE_SANDBOX, "sandbox", "", "1 where authd runs as a sandbox for integrators", 0)

enum board_gauge {
#define X(name, text, label, help, decimals) name,
    BOARD_GAUGES(X)
#undef X
        BOARD_GAUGE_COUNT
};

struct board_route {
    _Atomic uint64_t status[BOARD_STATUS_CLASSES];
    _Atomic uint64_t bucket[BOARD_BUCKETS];
    _Atomic uint64_t sum_us;
};
struct board_slot {
    _Atomic uint64_t used;
    char role[16];
    uint32_t number;
    _Atomic uint64_t gauge_set; /* a bit for each gauge that was ever set */
    _Atomic int64_t gauge[BOARD_GAUGE_COUNT];
    _Atomic uint64_t events[LOG_EVENT_COUNT]; /* lines of the log, written or below its level */
    struct board_route routes[BOARD_ROUTES_MAX];
    _Atomic int64_t clock_shift_s; /* of slot 0, in a sandbox only: what all its processes follow */
};

/* The parent: memory for all slots, as a descriptor that can't be resized. */
CHECKED enum err board_new(int *fd);
/* Maps it and takes slot `i`.  The descriptor stays the caller's. */
CHECKED enum err board_open(int fd, size_t i, const char *role, uint32_t number,
                            struct board_slot **slots);

/* slot NULL, in programs without a board: nothing. */
void board_gauge_set(struct board_slot *slot, enum board_gauge gauge, int64_t value);
/* One answered request; routes beyond BOARD_ROUTES_MAX are not counted. */
void board_request(struct board_slot *slot, size_t route, int status, int64_t us);

#endif
