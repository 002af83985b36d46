/* From a host name to addresses that the guard allows, without blocking and without opening a file:
 * the resolver's settings and the hosts file are read when it is made, before the sandbox closes.
 */
#ifndef COURIER_RESOLVE_H
#define COURIER_RESOLVE_H
#include "base/url.h"
#include "task/task.h"

struct resolver;
CHECKED enum err resolver_new(struct loop *l, struct resolver **out);
void resolver_free(struct resolver *r);
/* *out: "address,address", as CURLOPT_RESOLVE takes them.  ERR_DENIED when none of the addresses
 * may be connected to, ERR_UNAVAILABLE when the name can't be resolved now.  Waits. */
CHECKED enum err resolver_find(struct task *t, struct resolver *r, const struct url *url,
                               bool loopback_allowed, struct str *out);

#endif
