/* The web side of a sandbox (authd --sandbox, docs/sandbox.md): production's handlers, untouched,
 * behind a wrapper that makes ordered faults come true and writes down what clients asked.  Where
 * authd is no sandbox nothing here is called: the difference is which table of routes the server
 * gets. */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H
#include "http/request.h"

/* The same routes, those of the protocol wrapped, and the sandbox's own page at the end.  Called
 * once; the table lives as long as the process. */
const struct route *sandbox_routes(const struct route *production);

#endif
