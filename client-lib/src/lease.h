/* Leases that end with the call: the arena gives them back, also when memory ends. */
#ifndef LIBEID_LEASE_H
#define LIBEID_LEASE_H
#include "libeid/state.h"
/* The place to put a leased snapshot into; made before leasing, so that nothing can fail between.
 */
struct snapshot **lease_place(struct work *w, struct eid_client *c);
#endif
