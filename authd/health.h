/* /health/live and /health/ready, for load balancers and supervisors. */
#ifndef AUTHD_HEALTH_H
#define AUTHD_HEALTH_H
#include "http/request.h"

/* 200 while the loop turns. */
enum err health_live(struct req *r);
/* 200 when this node can serve logins: database reachable, keys loaded, clock within 5 s of the
 * database's.  Otherwise 503 with {"missing":[…]}. */
enum err health_ready(struct req *r);
#endif
