/* Where the courier may go.  URLs in registrations are typed by others: without a guard they would
 * make the one process with a network reach into places that trust it (server side request
 * forgery).
 *
 * Judged is the address that will be connected to, never the name: names can answer differently
 * each time. */
#ifndef COURIER_GUARD_H
#define COURIER_GUARD_H
#include <sys/socket.h>

#include "base/err.h"
#include "base/url.h"

/* OK for an address of the public Internet.  ERR_DENIED for loopback (unless allowed), private,
 * link-local, shared, multicast, documentation, benchmarking, reserved addresses, and IPv6 forms
 * that carry such an IPv4 address (RFC 6890 and its registries).  Pure. */
CHECKED enum err guard_address(const struct sockaddr *address, bool loopback_allowed);
/* OK for https; http only where loopback is allowed and the host is one.  Pure. */
CHECKED enum err guard_url(const struct url *url, bool loopback_allowed);

#endif
